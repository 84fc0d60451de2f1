import type { FollowedRun } from '../../../projects/fleet/follow-fleet.js';
import type { QueuedFleet } from '../../../projects/fleet/train-fleet.js';
import type { Session } from '../../session/session.js';
import { oneLine } from '../../terminal/plain-text.js';
import { plural } from '../../terminal/quantities.js';
import { describeFleet, endOfRun, renderFleet } from '../../views/fleet-view.js';
import { tellProblems } from '../../views/tell-problems.js';

/** Prints where every project stands, as JSON or as a table. */
export async function printFleet(session: Session, { onlyJson = false } = {}): Promise<void> {
  const { garden, output } = session;
  if (onlyJson && !output.isJson) return;
  const { fleetStatus } = await import('../../../projects/fleet/fleet-status.js');
  const status = await fleetStatus(garden);
  output.value(status);
  tellProblems(session, (await garden.registry.read()).problems);
  if (!onlyJson) output.lines(renderFleet(status, output.palette));
}

/** Says what was queued; with `wait` shows the runs until all have ended, and the table. */
export async function followQueued(
  session: Session,
  { queued, passed }: QueuedFleet,
  { wait, announce }: { wait: boolean; announce: string },
): Promise<void> {
  const { output } = session;
  const { warn } = output.notePalette;
  for (const { project, reason } of passed)
    output.note(warn(`passed over: ${oneLine(`${project.name}: ${reason}`)}`));
  if (queued.length > 0) output.line(announce);
  if (!wait || queued.length === 0) {
    if (queued.length > 0) output.line('How far they are: gardener fleet status');
    await printFleet(session, { onlyJson: true });
    return;
  }
  session.interruptNote =
    'The runs go on in the background. See gardener fleet status, end them with gardener fleet cancel.';
  const ended = await follow(session, queued);
  await printFleet(session);
  tellFailures(session, ended);
}

async function follow(session: Session, queued: QueuedFleet['queued']): Promise<readonly FollowedRun[]> {
  const { followFleet } = await import('../../../projects/fleet/follow-fleet.js');
  const { output, signal, garden } = session;
  const { warn, quiet } = output.notePalette;
  const progress = output.progress();
  return followFleet(garden.paths, queued, {
    signal,
    ensure: () => session.startRunner(),
    onLook: (runs) => progress.update(describeFleet(runs)),
    onEnd: (run) => progress.log(endOfRun(run, output.notePalette)),
    onFailure: ({ project }, { message }) =>
      progress.log(
        `${warn('!')} ${oneLine(project.name)}  ${quiet(`${oneLine(message)} It is tried again.`)}`,
      ),
    onNotice: (notice) => progress.log(warn(oneLine(notice))),
  }).finally(() => progress.finish());
}

/** Told and not thrown: with --json the table is the one value on stdout. */
function tellFailures({ output }: Session, runs: readonly FollowedRun[]): void {
  const failed = runs.filter(({ state }) => state.status === 'failed');
  const [first] = failed;
  if (first === undefined) return;
  const names = failed.slice(0, 10).map(({ project }) => oneLine(project.name));
  const others = failed.length > names.length ? ` and ${plural(failed.length - names.length, 'other')}` : '';
  output.failure({
    message: `${failed.length} of ${plural(runs.length, 'run')} failed: ${names.join(', ')}${others}.`,
    remedy: oneLine(first.state.error?.remedy ?? 'See gardener fleet status.'),
  });
  process.exitCode = 1;
}
