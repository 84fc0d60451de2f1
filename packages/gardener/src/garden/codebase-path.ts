import { opendir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemErrorCode } from './errors/filesystem-error.js';
import { GardenerError } from './errors/garden-error.js';
import type { GardenPaths } from './files/paths.js';

/**
 * The real path of a codebase: absolute, symbolic links resolved.
 * @throws GardenerError `garden.path-is-data-directory`, and what `readableFolder` throws
 */
export async function codebasePath(paths: GardenPaths, given: string): Promise<string> {
  const path = await readableFolder(given);
  const root = await realpath(paths.root).catch(() => null);
  if (root !== null && (path === root || path.startsWith(join(root, sep)))) throw isDataDirectory(path, root);
  return path;
}

/**
 * The real path of a folder that can be read: absolute, symbolic links resolved.
 * @throws GardenerError `codebase.path-missing`, `codebase.not-a-directory`, `codebase.unreadable`
 */
export async function readableFolder(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    if (!(await stat(real)).isDirectory()) {
      throw new GardenerError('codebase.not-a-directory', `${path} is not a directory.`, {
        remedy: 'give the folder that holds the code, not a file in it',
        details: { path },
      });
    }
    const folder = await opendir(real);
    await folder.close();
    return real;
  } catch (error) {
    if (GardenerError.isInstance(error)) throw error;
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): GardenerError {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new GardenerError(
      'codebase.path-missing',
      `There is nothing at ${path === '' ? 'an empty path' : path}.`,
      {
        remedy: 'check the spelling of the path; a relative path starts at the current folder',
        details: { path },
        cause: error,
      },
    );
  }
  return new GardenerError('codebase.unreadable', `The folder ${path} cannot be read (${code ?? error}).`, {
    remedy: `give yourself permission to read it, for example: chmod -R u+rX ${JSON.stringify(path)}`,
    details: { path },
    cause: error,
  });
}

function isDataDirectory(path: string, root: string): GardenerError {
  const what = path === root ? 'the data directory itself' : `inside the data directory ${root}`;
  return new GardenerError('garden.path-is-data-directory', `${path} is ${what}.`, {
    remedy: 'Keep them apart: choose another place with --data-dir or CODEBASE_GARDENER_DATA_DIR.',
  });
}
