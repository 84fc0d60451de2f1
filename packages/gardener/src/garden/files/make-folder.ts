import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../errors/filesystem-error.js';

/**
 * Makes a folder that a user has named, and those above it. Node's own way never ends where a file system takes no
 * folders and says that there is nothing (/proc).
 * @param mode of the folder itself and of those above it that are made
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const code = systemErrorCode(error);
    const above = dirname(folder);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || above === folder) throw error;
    await makeFolder(above, mode);
    await mkdir(folder, { mode }).catch((again: unknown) => {
      // Another process has made it in this moment.
      if (systemErrorCode(again) !== 'EEXIST') throw again;
    });
  }
}
