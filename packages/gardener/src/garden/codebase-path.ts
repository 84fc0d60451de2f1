import { readdir, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemErrorCode } from './errors/filesystem-error.js';
import { GardenerError } from './errors/garden-error.js';
import type { GardenPaths } from './files/paths.js';

/**
 * The real path of a codebase: absolute, symbolic links resolved.
 * @throws GardenerError `garden.path-missing`, `garden.path-not-a-directory`, `garden.path-unreadable`,
 * `garden.path-is-data-directory`
 */
export async function codebasePath(paths: GardenPaths, given: string): Promise<string> {
  const path = await readableFolder(given);
  if (path === (await realpath(paths.root).catch(() => null))) throw isDataDirectory(path);
  return path;
}

async function readableFolder(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    const real = await realpath(absolute);
    if (!(await stat(real)).isDirectory()) {
      throw new GardenerError('garden.path-not-a-directory', `${absolute} is not a directory.`, {
        remedy: 'Give the folder that holds the codebase.',
      });
    }
    await readdir(real);
    return real;
  } catch (error) {
    if (GardenerError.isInstance(error)) throw error;
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new GardenerError('garden.path-missing', `${absolute} does not exist.`, {
        remedy: 'Check the spelling of the path.',
        cause: error,
      });
    }
    throw new GardenerError(
      'garden.path-unreadable',
      `${absolute} cannot be read (${code ?? 'unknown error'}).`,
      {
        remedy: 'Give your user permission to read it.',
        cause: error,
      },
    );
  }
}

function isDataDirectory(path: string): GardenerError {
  return new GardenerError('garden.path-is-data-directory', `${path} is the data directory itself.`, {
    remedy: 'Keep them apart: choose another place with --data-dir or CODEBASE_GARDENER_DATA_DIR.',
  });
}
