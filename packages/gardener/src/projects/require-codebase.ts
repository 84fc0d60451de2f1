import { checkRoot } from '../codebase/walk/check-root.js';
import { GardenerError } from '../garden/errors/garden-error.js';
import type { ProjectRecord } from '../garden/project-record.js';

/**
 * Refuses work on a project whose folder cannot be read now.
 * @throws GardenerError `training.codebase-away`, and what `checkRoot` throws for a folder that is there
 */
export async function requireCodebase({ name, path }: ProjectRecord): Promise<void> {
  try {
    await checkRoot(path);
  } catch (error) {
    if (!GardenerError.isInstance(error) || error.code !== 'codebase.path-missing') throw error;
    throw new GardenerError('training.codebase-away', `The folder of ${name}, ${path}, is not there.`, {
      remedy:
        'Put it back, or remove the project and add it where it is now; until then the index answers as it is.',
      details: { path },
      cause: error,
    });
  }
}
