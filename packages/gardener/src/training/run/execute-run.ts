import { asKnownError } from '../../garden/errors/wire-error.js';
import { type RunEventInput, readRunState } from '../../garden/runs/runs.js';
import type { StopReason } from '../../garden/runs/worker-control.js';
import { RunDirectory } from '../run-directory/run-directory.js';
import { CHILD_DIED, runPipeline } from './pipeline.js';
import { openRunContext } from './run-context.js';
import { RunReport } from './run-report.js';

/** How the worker is told to stop. */
export interface RunControl {
  signal: AbortSignal;
  /** Null until the signal aborts. */
  stopReason(): StopReason | null;
}

/**
 * Does the work of a run directory to its last event. A known error becomes run-fail, but where a process died that the
 * work needs, the run is taken up once by itself; a pause or cancel becomes its event; after a SIGTERM no event is
 * written, so that the run goes on with the next runner.
 * @throws errors that are not known: the runner turns the process's end into run-fail
 */
export async function executeRun(runDirectory: string, control: RunControl): Promise<void> {
  const report = new RunReport(runDirectory);
  // An idle child does not keep this process alive: without this timer Node would end the process in the middle of an
  // await for one.
  const keptAlive = setInterval(() => undefined, 60_000);
  try {
    const run = await openRunContext(runDirectory, control.signal, report);
    await report.event(await runPipeline(run));
  } catch (error) {
    const last = await lastEvent(error, control, runDirectory);
    if (last === 'rethrow') throw error;
    if (last !== null) await report.event(last);
  } finally {
    clearInterval(keptAlive);
  }
}

async function lastEvent(
  error: unknown,
  control: RunControl,
  runDirectory: string,
): Promise<RunEventInput | 'rethrow' | null> {
  switch (control.stopReason()) {
    case 'pause':
      return { type: 'run-pause' };
    case 'cancel':
      return { type: 'run-cancel' };
    case 'terminate':
      return null;
    case null:
      break;
  }
  const known = asKnownError(error);
  if (known === null) return 'rethrow';
  const { code, message, remedy } = known;
  const { interruptions } = await readRunState(runDirectory);
  if (CHILD_DIED.test(code) && interruptions === 0) {
    return { type: 'run-interrupt', reason: `${message} It is taken up once more.` };
  }
  return { type: 'run-fail', error: { code, message, remedy: await withTakingUp(runDirectory, remedy) } };
}

/** Of a run that has something to go on from, the remedy says how. */
async function withTakingUp(runDirectory: string, remedy: string): Promise<string> {
  if (!(await new RunDirectory(runDirectory).hasData())) return remedy;
  return `${remedy} Then \`gardener resume\` takes the run up where it ended: nothing that is done is done again.`;
}
