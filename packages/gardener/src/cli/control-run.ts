import { setTimeout as sleep } from 'node:timers/promises';
import { GardenerError } from '../garden/errors.js';
import type { ProjectRecord } from '../garden/project-record.js';
import type { Run } from '../garden/runs.js';
import type { Session } from './session.js';

const POLL_MS = 100;
const ACKNOWLEDGE_MS = 10_000;

/** Cancels the run of a project that has not ended; false when there is none. Returns when its process has ended. */
export async function cancelOpenRun(session: Session, projectId: string): Promise<boolean> {
  const { latestRun } = await import('../garden/runs.js');
  const { cancelRun } = await import('../garden/runner.js');
  const run = await latestRun(session.garden.paths, projectId);
  if (run === null || run.state.finished) return false;
  await cancelRun(session.garden.paths, run);
  return true;
}

/**
 * Asks the run of a project to pause or to go on, and waits at most 10 s for it to do so; it does it later otherwise.
 * @returns whether it has done so
 * @throws GardenerError `cli.no-run` when no run of the project is under way
 */
export async function controlRun(
  session: Session,
  project: ProjectRecord,
  request: 'pause' | 'resume',
): Promise<boolean> {
  const { requestControl } = await import('../garden/runs.js');
  const run = await openRun(session, project);
  await requestControl(run.directory, request);
  await session.startRunner();
  for (const endMs = performance.now() + ACKNOWLEDGE_MS; performance.now() < endMs; ) {
    session.signal.throwIfAborted();
    const { readRunState } = await import('../garden/runs.js');
    const state = await readRunState(run.directory);
    if (state.finished || (state.status === 'paused') === (request === 'pause')) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/** What `pause`, `resume` and `cancel` throw when there is nothing to control. */
export function noRun(project: ProjectRecord): GardenerError {
  return new GardenerError('cli.no-run', `Nothing is under way for ${project.name}.`, {
    remedy: `Start with gardener train ${project.name}, or look at gardener status ${project.name}.`,
  });
}

async function openRun(session: Session, project: ProjectRecord): Promise<Run> {
  const { latestRun } = await import('../garden/runs.js');
  const run = await latestRun(session.garden.paths, project.id);
  if (run === null || run.state.finished) throw noRun(project);
  return run;
}
