import type { GardenPaths } from '../garden/files/paths.js';
import type { RunnerStatus } from '../garden/runner/runner-process.js';

/** Where the runner finds the program that does a run. */
const WORKER_ENTRY = new URL('../training/run/worker-child.js', import.meta.url);

/**
 * Starts the background runner when work waits and none is alive.
 * @returns whether it did, and one sentence when an interrupted run was found
 */
export async function startRunner(paths: GardenPaths): Promise<RunnerStatus> {
  const { ensureRunner } = await import('../garden/runner/runner-process.js');
  return await ensureRunner(paths, WORKER_ENTRY);
}
