import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { GardenPaths } from '../files/paths.js';
import { openRuns, type Run } from '../runs/runs.js';
import { loadSettings } from '../settings/load-settings.js';
import { MAX_TRAINING_PARALLEL, type Settings } from '../settings/settings.js';

const optionsSchema = z.object({ parallel: z.number().int().min(1).max(MAX_TRAINING_PARALLEL) });

/**
 * How many trainings may go on side by side: what the setting trainingParallel says or, where that is more, what a run
 * under way was queued with.
 * @param open the runs that have not ended. Defaults to those on disk
 */
export async function trainingPlaces(paths: GardenPaths, open?: readonly Run[]): Promise<number> {
  // Settings that cannot be read are told by whoever was asked to do something.
  const settings = await loadSettings({ settingsFile: paths.settingsFile }).catch(() => null);
  const asked = (open ?? (await openRuns(paths)))
    .filter(({ state }) => state.status !== 'paused')
    .map(({ description }) => optionsSchema.safeParse(description.options).data?.parallel ?? 1);
  return Math.max(settings?.trainingParallel ?? 1, ...asked);
}

/**
 * The share of the machine that a run takes where others go on beside it: its part of the cores, unless the setting
 * threads says otherwise.
 */
export async function shareOfMachine(paths: GardenPaths): Promise<Partial<Settings>> {
  const { threads } = await loadSettings({ settingsFile: paths.settingsFile });
  if (threads > 0) return {};
  const open = await openRuns(paths);
  const sharers = Math.min(await trainingPlaces(paths, open), open.length);
  return sharers < 2 ? {} : { threads: Math.max(1, Math.floor(availableParallelism() / sharers)) };
}
