import type { ProjectRecord } from '../../garden/project-record.js';
import type { RunDescription, RunKind } from '../../garden/runs/runs.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import { followRun } from '../views/follow-run.js';
import { printStatus } from '../views/print-status.js';

/** Whether to stay until a run is done, and what is said where not. */
export interface RunOutput {
  wait: boolean;
  announce: readonly string[];
}

/** Queues a run of a project, makes sure that the runner is there, and follows it when `wait` is set. */
export async function startRun(
  session: Session,
  project: ProjectRecord,
  kind: RunKind,
  { runOptions, ...output }: RunOutput & { runOptions: Record<string, unknown> },
): Promise<void> {
  session.signal.throwIfAborted();
  const { queueRun } = await import('../../projects/queue-run.js');
  const run = await queueRun(session.garden, project, kind, runOptions);
  await showRun(session, project, run, output);
}

/** Follows a queued run when `wait` is set; else says what was begun. */
export async function showRun(
  session: Session,
  project: ProjectRecord,
  run: RunDescription,
  { wait, announce }: RunOutput,
): Promise<void> {
  if (!wait) {
    session.output.lines(announce);
    await printStatus(session, project, { onlyJson: true });
    return;
  }
  const name = oneLine(project.name);
  session.interruptNote = `The work goes on in the background. See gardener status ${name}, stop it with gardener cancel ${name}.`;
  await followRun(session, project, run.id);
  await printStatus(session, project);
}
