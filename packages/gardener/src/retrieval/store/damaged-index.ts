import { GardenerError } from '../../garden/errors/garden-error.js';

/** The index in a folder cannot be read; an update builds it anew. */
export function damagedIndex(directory: string, cause: unknown): GardenerError {
  return new GardenerError(
    'retrieval.damaged-index',
    'The index of this project is damaged and cannot be read.',
    {
      remedy: 'Run `gardener refresh` on the project: it rebuilds the index from the files.',
      details: { directory },
      cause,
    },
  );
}

/** Whether an update would mend it: damage, or the form of another version. */
export function isDamage(error: unknown): error is GardenerError {
  return (
    GardenerError.isInstance(error) &&
    (error.code === 'retrieval.damaged-index' || error.code === 'retrieval.other-version')
  );
}
