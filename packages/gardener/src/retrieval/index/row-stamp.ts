import type { ChunkedFile } from '../../codebase/read/chunked-file.js';

/** What of a file its rows depend on, and what more they hold. */
export type ChunkedFileVersion = Pick<ChunkedFile, 'hash' | 'modifiedMs' | 'allowedSecrets'>;

const WAITING = 'waiting:';

/** The stamp of rows that wait for vectors: an update that is cut off leaves them so, and the next one goes on. */
export function waiting(stamp: string): string {
  return `${WAITING}${stamp}`;
}

/** Whether rows wait for vectors. */
export function isWaiting(stamp: string): boolean {
  return stamp.startsWith(WAITING);
}

/** The version of a file without its text, which is long. */
export function versionOf({ hash, modifiedMs, allowedSecrets }: ChunkedFile): ChunkedFileVersion {
  return { hash, modifiedMs, ...(allowedSecrets && { allowedSecrets }) };
}
