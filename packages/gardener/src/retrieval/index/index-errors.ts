import { GardenerError } from '../../garden/errors/garden-error.js';
import type { IndexManifest } from '../store/manifest.js';

/** The project was never indexed. */
export function noIndex(): GardenerError {
  return new GardenerError('retrieval.no-index', 'This project has no index yet.', {
    remedy: 'Run `gardener refresh` on the project.',
  });
}

/** No file of the codebase gave a chunk; the three commonest reasons are named. */
export function nothingIndexed({ files }: IndexManifest): GardenerError {
  const reasons = { ...files.skipped, ...files.failed };
  const listed = Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
  const message =
    files.seen === 0
      ? 'Nothing could be indexed: there is no file in this folder.'
      : `Nothing could be indexed: of ${files.seen} files none holds code that can be read (${listed}).`;
  return new GardenerError('retrieval.nothing-indexed', message, {
    remedy: 'Run `gardener status --files` to see why each file was left out.',
    details: { files },
  });
}

/** Vectors of two embedding models cannot be compared. */
export function otherEmbeddingModel(indexed: string, asked: string): GardenerError {
  return new GardenerError(
    'retrieval.other-embedding-model',
    `The index was made with the embedding model ${indexed}, not with ${asked}.`,
    {
      remedy: 'Run `gardener refresh` on the project to index it with the model that is set now.',
      details: { indexed, asked },
    },
  );
}
