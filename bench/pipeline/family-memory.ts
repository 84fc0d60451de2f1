import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 1_000;

/** Most memory seen at once, bytes; shared pages counted by their share. All 0 where there is no /proc. */
export interface FamilyMemory {
  /** All processes of the data directory: command line, runner, worker, its children. */
  all: number;
  /** The trainer: the worker while it trains and is measured. */
  trainer: number;
  /** All the others meanwhile. */
  besideTrainer: number;
  /** All of them before: indexing and making the data. */
  preparing: number;
  /** What `preparing` was made of at its largest, by the name of each process's entry file. */
  preparingParts: Record<string, number>;
}

interface Member {
  pid: number;
  entry: string;
  bytes: number;
}

/**
 * Watches every process that was started for a data directory (its environment says so) until the signal aborts.
 * @param trainerPid pid of the process that trains at the moment, or null
 */
export async function watchMemory(
  dataDir: string,
  trainerPid: () => Promise<number | null>,
  signal: AbortSignal,
): Promise<FamilyMemory> {
  const peak: FamilyMemory = { all: 0, trainer: 0, besideTrainer: 0, preparing: 0, preparingParts: {} };
  while (!signal.aborted) {
    const trainer = await trainerPid();
    const family = await familyOf(dataDir);
    const others = family.filter(({ pid }) => pid !== trainer);
    peak.all = Math.max(peak.all, total(family));
    peak.trainer = Math.max(peak.trainer, total(family) - total(others));
    if (trainer !== null) peak.besideTrainer = Math.max(peak.besideTrainer, total(others));
    else if (total(others) > peak.preparing) {
      peak.preparing = total(others);
      peak.preparingParts = byEntry(others);
    }
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return peak;
}

function total(members: readonly Member[]): number {
  return members.reduce((sum, { bytes }) => sum + bytes, 0);
}

function byEntry(members: readonly Member[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { entry, bytes } of members) sizes[entry] = (sizes[entry] ?? 0) + bytes;
  return sizes;
}

async function familyOf(dataDir: string): Promise<Member[]> {
  const members: Member[] = [];
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    try {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      if (!environment.split('\0').includes(`CODEBASE_GARDENER_DATA_DIR=${dataDir}`)) continue;
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
      const entry = basename(words.find((word) => word.endsWith('.js')) ?? words[0] ?? '');
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1');
      const bytes = 1024 * Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
      members.push({ pid: Number(pid), entry, bytes });
    } catch {
      // It has ended, or is not ours to look at.
    }
  }
  return members;
}
