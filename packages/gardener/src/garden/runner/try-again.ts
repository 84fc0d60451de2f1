import { z } from 'zod';
import type { GardenPaths } from '../files/paths.js';
import { type Run, readControl, readRunState, reopenRun } from '../runs/runs.js';

const optionsSchema = z.object({ retries: z.number().int().min(0).max(9) });

/** How often a run that fails is taken up again by itself: what it was queued with, 0 by default. */
export function retriesOf({ description }: Pick<Run, 'description'>): number {
  return optionsSchema.safeParse(description.options).data?.retries ?? 0;
}

/**
 * Takes a run up again that has failed and has tries left; the reasons of earlier tries stay in its events. Safe to ask
 * for from several processes.
 * @returns whether it has been taken up
 * @throws GardenerError `garden.disk-full`, `garden.file-missing` once the run has been removed
 */
export async function tryAgain(
  paths: GardenPaths,
  run: Pick<Run, 'directory' | 'description'>,
): Promise<boolean> {
  const { status, failures } = await readRunState(run.directory);
  const tries = failures.length + 1;
  const allowed = retriesOf(run) + 1;
  if (status !== 'failed' || tries > allowed || (await readControl(run.directory)) === 'cancel') return false;
  const last = failures.at(-1)?.message ?? 'it failed';
  return reopenRun(paths, run, `Try ${tries} of ${allowed}, after: ${last}`);
}
