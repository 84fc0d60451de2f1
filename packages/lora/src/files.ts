/**
 * The one way in which a file is opened that others may have put there, here and in what uses this package
 * (`@codebase-gardener/lora/files`). Light: importing it loads nothing but Node's own modules.
 * @module
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Not waiting for a writer: opening a FIFO to read would otherwise never return, and no signal ends the wait. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file for reading. Pipes, devices, sockets and folders are refused before a byte is read, so neither
 * opening nor reading can wait for ever or without end.
 * @throws the error of the file system; an Error with the code `EISDIR` for a folder, `EINVAL` for a special file
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const handle = await open(path, FLAGS);
  try {
    const facts = await handle.stat();
    if (facts.isFile()) return handle;
    const code = facts.isDirectory() ? 'EISDIR' : 'EINVAL';
    throw Object.assign(new Error(`${path} is not a regular file`), { code, path });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a regular file as a whole.
 * @throws like `openRegularFile`; an Error with the code `EFBIG` for one that is larger than `maxBytes`
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  await using handle = await openRegularFile(path);
  const { size } = await handle.stat();
  if (size > maxBytes) {
    throw Object.assign(new Error(`${path} has ${size} bytes, more than ${maxBytes}`), {
      code: 'EFBIG',
      path,
    });
  }
  return handle.readFile();
}
