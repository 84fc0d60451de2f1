import { setTimeout as sleep } from 'node:timers/promises';
import { GardenerError } from '../garden/errors/garden-error.js';
import type { GardenPaths } from '../garden/files/paths.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { cancelRun } from '../garden/runner/runner-process.js';
import { latestRun, type Run, readRunState, reopenRun, requestControl } from '../garden/runs/runs.js';
import { canBeTakenUp } from '../training/run-directory/can-be-taken-up.js';
import { startRunner } from './start-runner.js';

const POLL_MS = 100;
const ACKNOWLEDGE_MS = 10_000;

/** What came of a request: the run has done so, ended meanwhile, or does so later. */
export type Controlled = 'done' | 'ended' | 'later';

/** Cancels the run of a project that has not ended; false when there is none. Returns when its process has ended. */
export async function cancelOpenRun(paths: GardenPaths, projectId: string): Promise<boolean> {
  const run = await latestRun(paths, projectId);
  if (run === null || run.state.finished) return false;
  await cancelRun(paths, run);
  return true;
}

/**
 * Asks the run of a project to pause or to go on, and waits for it to do so; it does it later otherwise.
 * A training that has failed after its examples were made goes on as well, from where it ended.
 * @param waitMs how long to wait at most. Defaults to 10 s
 * @throws GardenerError `training.no-run` when no run of the project is under way; the signal's reason when aborted
 */
export async function controlRun(
  paths: GardenPaths,
  project: ProjectRecord,
  request: 'pause' | 'resume',
  signal: AbortSignal,
  waitMs = ACKNOWLEDGE_MS,
): Promise<Controlled> {
  const run = await openRun(paths, project, request);
  if (!run.state.finished) await requestControl(run.directory, request);
  await startRunner(paths);
  for (const endMs = performance.now() + waitMs; performance.now() < endMs; ) {
    signal.throwIfAborted();
    const state = await readRunState(run.directory);
    if (state.finished) return 'ended';
    if ((state.status === 'paused') === (request === 'pause')) return 'done';
    await sleep(POLL_MS);
  }
  return 'later';
}

/** What pausing, resuming and cancelling throw when there is nothing to control. */
export function noRun(project: ProjectRecord): GardenerError {
  return new GardenerError('training.no-run', `Nothing is under way for ${project.name}.`, {
    remedy: `Start with gardener train ${project.name}, or look at gardener status ${project.name}.`,
  });
}

async function openRun(
  paths: GardenPaths,
  project: ProjectRecord,
  request: 'pause' | 'resume',
): Promise<Run> {
  const run = await latestRun(paths, project.id);
  if (run === null) throw noRun(project);
  if (!run.state.finished) return run;
  if (request === 'resume' && (await canBeTakenUp(run)) && (await reopenRun(paths, run))) return run;
  throw noRun(project);
}
