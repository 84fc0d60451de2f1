import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { RunState } from '../../garden/runs/runs.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import type { ProgressState } from '../terminal/progress.js';
import { formatCount, formatDuration } from '../terminal/quantities.js';

/**
 * Shows a run's progress until it ends, and starts the runner again should it have died meanwhile.
 * @returns the state the run ended in: completed, or not_started with its reason
 * @throws GardenerError the run's own error when it failed; `cli.run-cancelled` when it was
 * cancelled; what `waitForRun`
 *   throws
 */
export async function followRun(session: Session, project: ProjectRecord, runId: string): Promise<RunState> {
  const { waitForRun } = await import('../../garden/runner/wait-for-run.js');
  const { warn, quiet } = session.output.notePalette;
  const progress = session.output.progress();
  try {
    const state = await waitForRun(session.garden.paths.run(project.id, runId), {
      signal: session.signal,
      ensure: () => session.startRunner(),
      onNotice: (notice) => progress.log(warn(oneLine(notice))),
      onEvent: (event, current) => {
        if (event.type === 'run-interrupt') progress.log(warn(oneLine(event.reason)));
        if (event.type === 'log') progress.log(quiet(oneLine(event.message)));
        if (!current.finished) progress.update(describeProgress(current));
      },
    });
    return ended(state, project);
  } finally {
    progress.finish();
  }
}

/** What the progress line says of a run. */
export function describeProgress(state: RunState): ProgressState {
  if (state.status === 'training' && state.steps) {
    const facts = [`step ${formatCount(state.step)} of ${formatCount(state.steps)}`];
    if (state.loss !== null) facts.push(`loss ${state.loss.toFixed(3)}`);
    if (state.tokensPerSecond !== null) facts.push(`${formatCount(state.tokensPerSecond)} tokens/s`);
    if (state.etaMs !== null) facts.push(`${formatDuration(state.etaMs)} left`);
    return { label: 'training', done: state.step, total: state.steps, detail: facts.join(' · ') };
  }
  if (state.status === 'training' && state.step > 0)
    return { label: 'training', detail: `step ${state.step} · how many will fit is measured first` };
  if (state.status === 'queued') return { label: 'queued', detail: state.reason ?? 'waits for its turn' };
  if (state.status === 'paused') return { label: 'paused', detail: 'gardener resume lets it go on' };
  const { progress } = state;
  if (progress === null) return { label: state.status };
  const { done, total } = progress;
  // Where nothing can be counted the label says it all.
  const count =
    total !== null ? `${formatCount(done)} of ${formatCount(total)}` : done > 0 ? formatCount(done) : null;
  const detail = [count, progress.label].filter((part) => part !== null).join(' · ');
  return { label: progress.stage, done, total, detail };
}

function ended(state: RunState, project: ProjectRecord): RunState {
  if (state.status === 'failed' && state.error !== null) {
    throw new GardenerError(state.error.code, state.error.message, { remedy: state.error.remedy });
  }
  if (state.status === 'cancelled') {
    throw new GardenerError('cli.run-cancelled', `The work on ${project.name} was cancelled.`, {
      remedy: `Start again with gardener train ${project.name}.`,
    });
  }
  return state;
}
