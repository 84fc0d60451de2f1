import { setTimeout as delay } from 'node:timers/promises';
import { GardenerError } from '../errors/garden-error.js';
import { type RunEvent, RunFollower, type RunState } from '../runs/runs.js';
import type { RunnerStatus } from './runner-process.js';

const POLL_MS = 200;
const ENSURE_EVERY_MS = 2_000;
/** A runner that was started this often without the run getting a new event cannot work here. */
const MAX_IDLE_STARTS = 4;

/** Options of `waitForRun`. */
export interface WaitOptions {
  /** Stops the waiting, not the run. */
  signal?: AbortSignal | undefined;
  /** Called for each event of the run, from its first on. */
  onEvent?: ((event: RunEvent, state: RunState) => void) | undefined;
  /** `() => ensureRunner(paths, entry)`: called every 2 s, so that a dead runner is replaced. */
  ensure?: (() => Promise<RunnerStatus>) | undefined;
  /** Called with each notice of `ensure`. */
  onNotice?: ((notice: string) => void) | undefined;
}

/**
 * Follows a run's events until it has ended, and returns its last state. A paused run is waited for.
 *
 * @throws the signal's reason when aborted; garden.run-removed; garden.runner-failed when
 * the runner cannot be kept alive
 */
export async function waitForRun(runDir: string, options: WaitOptions = {}): Promise<RunState> {
  const follower = new RunFollower(runDir);
  let ensureAt = 0;
  let idleStarts = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const state = await refresh(follower, (event) => {
      idleStarts = 0;
      options.onEvent?.(event, follower.state);
    });
    if (state.finished) return state;
    if (options.ensure && performance.now() >= ensureAt) {
      const { started, notice } = await options.ensure();
      if (notice !== null) options.onNotice?.(notice);
      if (started) idleStarts += 1;
      if (idleStarts > MAX_IDLE_STARTS) throw runnerFailed();
      ensureAt = performance.now() + ENSURE_EVERY_MS;
    }
    await delay(POLL_MS, undefined, options.signal ? { signal: options.signal } : {}).catch(() => undefined);
  }
}

async function refresh(follower: RunFollower, onEvent: (event: RunEvent) => void): Promise<RunState> {
  try {
    return await follower.refresh(onEvent);
  } catch (error) {
    if (!GardenerError.isInstance(error) || error.code !== 'garden.file-missing') throw error;
    throw new GardenerError('garden.run-removed', 'The run was removed while it was being waited for.', {
      remedy: 'Run `gardener list` to see the projects that are left.',
      cause: error,
    });
  }
}

function runnerFailed(): GardenerError {
  return new GardenerError('garden.runner-failed', 'The background runner ends each time it is started.', {
    remedy: 'Read logs/runner.log in the data directory.',
  });
}
