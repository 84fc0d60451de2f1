import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, isProcessAlive } from '@codebase-gardener/lora/process';
import { z } from 'zod';
import { withLock } from '../../../garden/files/file-lock.js';
import { readJsonIfPresent, writeJson } from '../../../garden/files/json-state.js';
import type { GardenPaths } from '../../../garden/files/paths.js';
import type { PlaceEvent } from '../place.js';

const holdersSchema = z.array(
  z.object({ pid: z.number().int().positive(), processStart: z.string(), runDirectory: z.string() }),
);
type Holder = z.infer<typeof holdersSchema>[number];

/** What limits how many jobs a data directory has at Ray. */
export interface PlaceLimit {
  paths: GardenPaths;
  runDirectory: string;
  /** How many at once, the setting rayParallel. */
  parallel: number;
  signal: AbortSignal;
  /** Between two looks. */
  pollMs: number;
}

/**
 * Waits until fewer than `parallel` runs of the data directory are at Ray, and counts this one among them: Ray fails a
 * job that has waited 15 minutes for a place, so it is given no more than it is meant to hold. The place of a process
 * that has ended is free.
 * @returns frees the place; null when aborted
 */
export async function* takePlace(
  limit: PlaceLimit,
): AsyncGenerator<PlaceEvent, (() => Promise<void>) | null> {
  const { parallel, signal } = limit;
  for (let isWaiting = false; !signal.aborted; ) {
    const isTaken = await change(limit, (others, own) =>
      others.length < parallel ? [...others, own] : null,
    );
    if (isTaken) {
      if (isWaiting) yield { type: 'go-on' };
      return async () => {
        await change(limit, (others) => others);
      };
    }
    if (!isWaiting) {
      isWaiting = true;
      const most = parallel === 1 ? 'another training is' : `${parallel} other trainings are`;
      yield { type: 'wait', reason: `Waits for its turn: ${most} at Ray (setting rayParallel).` };
    }
    await delay(limit.pollMs);
  }
  return null;
}

/** Changes who has places; `next` is given the others that live. False where it changes nothing. */
async function change(
  { paths, runDirectory }: PlaceLimit,
  next: (others: Holder[], own: Holder) => Holder[] | null,
): Promise<boolean> {
  const file = paths.lockFile('ray.json');
  return withLock(paths.lockFile('ray'), async () => {
    const own = { ...(await identifyProcess()), runDirectory };
    const others: Holder[] = [];
    for (const holder of (await readJsonIfPresent(file, holdersSchema).catch(() => null)) ?? []) {
      if (holder.runDirectory !== runDirectory && (await isProcessAlive(holder))) others.push(holder);
    }
    const holders = next(others, own);
    if (holders !== null) await writeJson(file, holders);
    return holders !== null;
  });
}
