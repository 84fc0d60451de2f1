import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isProcessAlive } from '@codebase-gardener/lora/process';
import { tooLarge } from '../garden/disk/disk-limit.js';
import { findSpare } from '../garden/disk/disk-spare.js';
import { diskUsage } from '../garden/disk/disk-usage.js';
import { formatBytes } from '../garden/disk/format-bytes.js';
import { makeFolder } from '../garden/files/make-folder.js';
import type { GardenPaths } from '../garden/files/paths.js';
import type { Garden } from '../garden/garden.js';
import { readRunner } from '../garden/runner/runner-process.js';
import { openRuns } from '../garden/runs/runs.js';
import { type Check, ok, warn } from './check.js';

const MIN_DISK_BYTES = 2 * 1024 ** 3;
/** A lock that nobody has renewed for so long belongs to a command that was killed. */
const OLD_LOCK_MS = 60_000;

/** Whether the data directory can be made and written to, and by whom it can be read. */
export async function checkPermissions({ root }: GardenPaths): Promise<Check> {
  const name = 'data directory';
  try {
    await makeFolder(root, 0o700);
    for (const folder of ['', ...(await readdir(root, { withFileTypes: true })).filter(isFolder).map(byName)])
      await access(join(root, folder), constants.R_OK | constants.W_OK | constants.X_OK);
    const { mode } = await stat(root);
    if (process.platform === 'win32' || (mode & 0o077) === 0) return ok(name, root);
    return warn(
      name,
      `${root} can be read by other users of this machine: your code and conversations lie there`,
      `chmod 700 ${root}`,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    const remedy = 'Give your user permission to write there, or choose another place with --data-dir.';
    return { name, state: 'fail', detail: `${root} cannot be written to (${reason})`, remedy };
  }
}

/** Room on the disk, what the data directory takes of it, and whether that is within the limit. */
export async function checkDisk({ paths, settings }: Garden): Promise<Check[]> {
  const disk = await statfs(paths.root);
  const freeBytes = disk.bavail * disk.bsize;
  const { totalBytes } = await diskUsage(paths);
  const spare = await findSpare(paths);
  const free = `${formatBytes(freeBytes)} free`;
  const checks = [
    freeBytes >= MIN_DISK_BYTES
      ? ok('disk', free)
      : warn(
          'disk',
          free,
          spare.length > 0
            ? 'Free some space: gardener disk --prune removes what can be spared.'
            : `Free some space: models and indexes need up to ${formatBytes(MIN_DISK_BYTES)}.`,
        ),
  ];
  const { maxDiskMegabytes } = settings;
  const taken = `the data directory takes ${formatBytes(totalBytes)}`;
  if (maxDiskMegabytes === 0 || totalBytes <= maxDiskMegabytes * 1e6) checks.push(ok('disk use', taken));
  else if (spare.length > 0) {
    const remedy = 'gardener disk --prune; after the next run it happens by itself.';
    checks.push(warn('disk use', `${taken}, more than the setting maxDiskMegabytes allows`, remedy));
  } else {
    const remedy = 'gardener disk shows what is large.';
    checks.push(warn('disk use', tooLarge(totalBytes, maxDiskMegabytes), remedy));
  }
  return checks;
}

/** The background runner, and locks that a killed command left. */
export async function checkRunner(paths: GardenPaths): Promise<Check[]> {
  const runner = await readRunner(paths);
  const isAlive = runner !== null && (await isProcessAlive(runner));
  const waiting = (await openRuns(paths)).filter(({ state }) => state.status !== 'paused').length;
  const checks: Check[] = [];
  if (isAlive) checks.push(ok('background runner', `at work (process ${runner.pid})`));
  else if (waiting === 0) checks.push(ok('background runner', 'idle: no run is waiting'));
  else {
    const detail = `not alive, though ${waiting} ${waiting === 1 ? 'run waits' : 'runs wait'}`;
    const remedy = 'The next command starts it: gardener status. What it says is in logs/runner.log.';
    checks.push(warn('background runner', detail, remedy));
  }
  const old = await oldLocks(paths);
  if (old.length > 0) {
    const detail = `${old.join(', ')}: left by a command that was killed, or held by one that stands still`;
    checks.push(warn('locks', detail, 'The next command that needs one takes it over; nothing to do.'));
  }
  return checks;
}

async function oldLocks({ locks }: GardenPaths): Promise<string[]> {
  const old: string[] = [];
  for (const name of await readdir(locks).catch((): string[] => [])) {
    if (!name.endsWith('.lock')) continue;
    const facts = await stat(join(locks, name)).catch(() => null);
    // Also one from the future: the clock was set back.
    if (facts !== null && Math.abs(Date.now() - facts.mtimeMs) > OLD_LOCK_MS) old.push(name);
  }
  return old;
}

const isFolder = (entry: { isDirectory(): boolean }) => entry.isDirectory();
const byName = (entry: { name: string }) => entry.name;
