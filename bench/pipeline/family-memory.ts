import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 1_000;

/** Most memory seen at once, bytes; shared pages counted by their share. All 0 where there is no /proc. */
export interface FamilyMemory {
  /** All processes of the data directory: command line, runner, worker, its children. */
  all: number;
  /** The trainer: the worker while it trains and is measured. */
  trainer: number;
  /** All the others meanwhile, and all of them before: indexing and making the data. */
  besideTrainer: number;
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
  const peak: FamilyMemory = { all: 0, trainer: 0, besideTrainer: 0 };
  while (!signal.aborted) {
    const trainer = await trainerPid();
    const sizes = await familySizes(dataDir);
    const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const ofTrainer = trainer === null ? 0 : (sizes.get(trainer) ?? 0);
    peak.all = Math.max(peak.all, all);
    peak.trainer = Math.max(peak.trainer, ofTrainer);
    peak.besideTrainer = Math.max(peak.besideTrainer, all - ofTrainer);
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return peak;
}

async function familySizes(dataDir: string): Promise<Map<number, number>> {
  const sizes = new Map<number, number>();
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    try {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      if (!environment.split('\0').includes(`CODEBASE_GARDENER_DATA_DIR=${dataDir}`)) continue;
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1');
      sizes.set(Number(pid), 1024 * Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0));
    } catch {
      // It has ended, or is not ours to look at.
    }
  }
  return sizes;
}
