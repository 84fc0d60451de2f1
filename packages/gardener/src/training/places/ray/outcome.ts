import type { GardenerError } from '../../../garden/errors/garden-error.js';
import type { RayJob } from './api/ray-api.js';
import { jobFailed, notPlaced, notShared, stoppedElsewhere } from './api/ray-errors.js';
import type { Attempt } from './job/attempt.js';
import { EXIT_CODES } from './job/ray-job.js';

/** How following a job came to its end. */
export type Outcome =
  /** The training is at its end, or has saved its checkpoint as it was asked to. */
  | { kind: 'ended' }
  /** It was asked to end, and has said no last word. */
  | { kind: 'stopped' }
  /** It goes on without anybody following it. */
  | { kind: 'left' }
  /** Through no fault of its own; `reason` completes "because". */
  | { kind: 'lost'; reason: string; isDead: boolean };

/** From here on an exit code tells of a signal, as shells count them. */
const SHELL_SIGNAL = 128;

/**
 * What became of a job that is over and has not told of its end itself.
 * @throws GardenerError `training.ray-not-placed`, `training.ray-not-shared`, `training.ray-job-failed`,
 *   `training.ray-stopped`
 */
export function outcomeOf(
  job: RayJob,
  given: { attempt: Attempt; directoryThere: string; asked: string; signal: AbortSignal },
): Outcome {
  if (given.signal.aborted) return { kind: 'stopped' };
  if (job.status === 'STOPPED') throw stoppedElsewhere(given.attempt.submissionId);
  // It has done its work, and nothing of it is to be seen here.
  if (job.status === 'SUCCEEDED') throw notShared(given.directoryThere);
  const said = job.message ?? '';
  switch (job.error_type) {
    case 'JOB_SUPERVISOR_ACTOR_START_TIMEOUT':
    case 'JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE':
      throw placingFailed(given.asked, job);
    case 'RUNTIME_ENV_SETUP_FAILURE':
      throw jobFailed(said);
    default:
  }
  const code = job.driver_exit_code ?? null;
  if (code === EXIT_CODES.notShared) throw notShared(given.directoryThere);
  if (code === null) return { kind: 'lost', reason: 'its worker was lost', isDead: false };
  if (code < 0 || code > SHELL_SIGNAL) {
    const signal = code < 0 ? -code : code - SHELL_SIGNAL;
    const memory = signal === 9 ? ', as the system does when memory runs out' : '';
    return { kind: 'lost', reason: `its process was killed (signal ${signal}${memory})`, isDead: true };
  }
  if (code === EXIT_CODES.interrupted || code === EXIT_CODES.replaced)
    return { kind: 'lost', reason: 'its process was told to end', isDead: true };
  throw jobFailed(said);
}

/** The error for a job that has waited for its place in vain. */
export function placingFailed(asked: string, job: RayJob): GardenerError {
  return notPlaced(asked, job.message ?? '');
}
