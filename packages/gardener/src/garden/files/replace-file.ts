import { open, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { asFilesystemError, systemErrorCode } from '../errors/filesystem-error.js';
import { randomId } from './random-id.js';

/**
 * Writes a file: to a temporary one beside it, flushed to the disk, then renamed over it, so that a reader sees the old
 * file or the new, never half. The folder must exist. What a write leaves that is killed goes with what can be spared
 * of the disk (disk-spare.ts).
 *
 * @throws garden.disk-full, garden.permission-denied, garden.file-operation-failed; the old file is then untouched
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomId()}.tmp`;
  try {
    // Our own, because write-file-atomic takes a short write (a disk that fills up) for a whole
    // one and renames it into place.
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameOver(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw asFilesystemError(error, file, 'write');
  }
}

/**
 * Renames a file over another one, or where there is none. On Windows a file cannot be replaced in the moment in which
 * a reader or a virus scanner has it open: there it is tried for two seconds.
 * @throws the error of the file system
 */
export async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const code = systemErrorCode(error);
      if (process.platform !== 'win32' || attempt >= 20 || (code !== 'EPERM' && code !== 'EACCES'))
        throw error;
      await delay(10 * (attempt + 1));
    }
  }
}
