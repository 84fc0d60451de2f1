import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asFilesystemError, systemErrorCode } from '../errors/filesystem-error.js';
import { withLock } from '../files/file-lock.js';
import type { GardenPaths } from '../files/paths.js';
import { randomId } from '../files/random-id.js';
import { findSpare, neededMeanwhile, REMOVED_PREFIX, type SpareItem } from './disk-spare.js';
import { diskUsage } from './disk-usage.js';

/** What a tidying did. */
export interface DiskTidying {
  removed: SpareItem[];
  bytesBefore: number;
  bytesAfter: number;
  /** False when all that can be spared is gone and the rest is still larger than asked for. */
  fits: boolean;
}

/**
 * Brings the data directory down to `maxBytes`: what can be spared goes in the order of
 * `findSpare`, no more of it than needed.
 * @param maxBytes 0 removes all that can be spared
 * @param onRemove called for each thing before it goes
 * @throws garden.busy, garden.permission-denied, garden.file-operation-failed
 */
export async function tidyDisk(
  paths: GardenPaths,
  maxBytes: number,
  onRemove: (item: SpareItem) => void | Promise<void> = () => undefined,
): Promise<DiskTidying> {
  return withLock(paths.lockFile('disk'), async () => {
    const { totalBytes: bytesBefore } = await diskUsage(paths);
    const removed: SpareItem[] = [];
    let bytes = bytesBefore;
    for (const item of bytes > maxBytes ? await findSpare(paths) : []) {
      if (bytes <= maxBytes) break;
      await onRemove(item);
      if (!(await removeItem(paths, item))) continue;
      removed.push(item);
      bytes -= item.bytes;
    }
    // A checkpoint and the run around it may both have gone: measured again, not summed up.
    const bytesAfter = removed.length === 0 ? bytesBefore : (await diskUsage(paths)).totalBytes;
    return { removed, bytesBefore, bytesAfter, fits: maxBytes === 0 || bytesAfter <= maxBytes };
  });
}

/**
 * A folder goes under another name first: nobody may find half an adapter or half a run when this is killed in between.
 * @returns false where it has come to be needed since it was listed
 */
async function removeItem(paths: GardenPaths, item: SpareItem): Promise<boolean> {
  const { kind, path } = item;
  const isFile = kind === 'cache' || kind === 'log';
  const leaving = isFile ? path : join(dirname(path), `${REMOVED_PREFIX}${randomId()}`);
  try {
    const needed = neededMeanwhile(paths, item);
    const take = async () => {
      if (needed !== null && !(await needed.isSpare())) return false;
      if (!isFile) await rename(path, leaving);
      return true;
    };
    const isTaken = await (needed === null ? take() : withLock(needed.lock, take));
    if (isTaken) await rm(leaving, { recursive: true, force: true, maxRetries: 10 });
    return isTaken;
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw asFilesystemError(error, path, 'delete');
    return true;
  }
}
