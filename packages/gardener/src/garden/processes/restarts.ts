import { setTimeout as delay } from 'node:timers/promises';

/** How often work that a dying process broke off is begun again before the death counts as a failure of the work. */
export const MAX_RESTARTS = 2;
/**
 * A signal to a whole process tree ends the children first. So long it is waited whether this process is told to stop
 * too: then the child's end is no failure and nothing is begun again.
 */
const OWN_SIGNAL_MS = 200;

const deaths = new WeakSet<object>();

/** Notes that an error tells of a child process that ended by itself, which another attempt may be spared. */
export function markDeath<E extends Error>(error: E): E {
  deaths.add(error);
  return error;
}

/** Whether an error tells of a child process that ended by itself: not of one that we ended, nor of failed work. */
export function isDeath(error: unknown): boolean {
  return typeof error === 'object' && error !== null && deaths.has(error);
}

/**
 * Does work that a child process is needed for; when that process ends by itself in the middle (killed, out of memory,
 * crashed), the work is begun again.
 * @param work starts what it needs: it is called once for each attempt
 * @param options.restarts defaults to 2
 * @param options.tooLate asked after a death: whether the work has done what may not be done twice
 * @throws what `work` throws; the signal's reason when aborted between two attempts
 */
export async function withRestarts<Result>(
  work: () => Promise<Result>,
  options: { restarts?: number; signal?: AbortSignal | undefined; tooLate?: () => boolean } = {},
): Promise<Result> {
  const { restarts = MAX_RESTARTS, signal, tooLate = () => false } = options;
  for (let left = restarts; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || !isDeath(error) || tooLate()) throw error;
      await delay(OWN_SIGNAL_MS, undefined, signal && { signal }).catch(() => undefined);
      signal?.throwIfAborted();
    }
  }
}
