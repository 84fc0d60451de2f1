import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LoraError } from '../errors.js';

/** Appends bytes to the file being written. The array may be reused when the promise is fulfilled. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes a file so that a reader sees the old contents or the new, never a part: a temporary file in the same folder,
 * flushed to the disk, then renamed. After a failure the temporary file is gone and an older file unchanged.
 * @throws LoraError `weights.write-failed`; whatever `write` throws
 */
export async function writeAtomically(path: string, write: (append: Append) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  let handle: FileHandle | undefined;
  try {
    const opened = await open(temporary, 'wx');
    handle = opened;
    await write((bytes) => writeAll(opened, bytes));
    await opened.sync();
    await opened.close();
    handle = undefined;
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await handle?.close();
    await rm(temporary, { force: true }).catch(() => undefined);
    if (LoraError.isInstance(cause)) throw cause;
    throw new LoraError('weights.write-failed', `The file ${path} cannot be written.`, {
      remedy: 'Check that the folder exists, that you may write there, and that the disk is not full.',
      details: { path, reason: (cause as NodeJS.ErrnoException).code },
      cause,
    });
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
}

/** Makes the rename itself survive a power cut. Windows cannot open a folder: there it is left to the system. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Some network file systems refuse to sync a folder; the file itself is on the disk.
  } finally {
    await handle?.close();
  }
}
