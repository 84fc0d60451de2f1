import type { ProjectRecord } from '../../garden/project-record.js';
import type { RunDescription, RunKind } from '../../garden/runs/runs.js';
import type { Session } from '../session/session.js';
import { oneLine } from '../terminal/plain-text.js';
import { followRun } from '../views/follow-run.js';
import { printStatus } from '../views/print-status.js';

/** Queues a run of a project, makes sure that the runner is there, and follows it when `wait` is set. */
export async function startRun(
  session: Session,
  project: ProjectRecord,
  kind: RunKind,
  options: { wait: boolean; runOptions: Record<string, unknown>; announce: readonly string[] },
): Promise<void> {
  const { garden, output } = session;
  session.signal.throwIfAborted();
  const { queueRun } = await import('../../projects/queue-run.js');
  const run: RunDescription = await queueRun(garden, project, kind, options.runOptions);
  if (!options.wait) {
    output.lines(options.announce);
    await printStatus(session, project, { onlyJson: true });
    return;
  }
  const name = oneLine(project.name);
  session.interruptNote = `The work goes on in the background. See gardener status ${name}, stop it with gardener cancel ${name}.`;
  await followRun(session, project, run.id);
  await printStatus(session, project);
}
