import { stat } from 'node:fs/promises';

/** Which writing of a file it is: another text once the file was written or replaced; null where there is none. */
export async function fileVersion(file: string): Promise<string | null> {
  return stat(file).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
    () => null,
  );
}

/** Whether a file or folder is at a path, itself or behind a link. */
export async function isThere(path: string): Promise<boolean> {
  return (await fileVersion(path)) !== null;
}
