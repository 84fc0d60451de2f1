import { setTimeout as delay } from 'node:timers/promises';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { RunnerStatus } from '../../garden/runner/runner-process.js';
import { retriesOf, tryAgain } from '../../garden/runner/try-again.js';
import type { RunFailure } from '../../garden/runs/run-state.js';
import { type RunDescription, RunFollower, type RunState } from '../../garden/runs/runs.js';
import { startRunner } from '../start-runner.js';

const POLL_MS = 1_000;
const ENSURE_EVERY_MS = 3_000;
/** So long the runner has for taking a failed run up again, before it is done from here. */
const RUNNERS_TURN_MS = 5_000;
/** A runner that was started this often without any run getting a new event cannot work here. */
const MAX_IDLE_STARTS = 4;

/** A run that is followed; `state` is its last one. */
export interface FollowedRun {
  project: ProjectRecord;
  run: RunDescription;
  state: RunState;
}

/** What is told while runs are followed. */
export interface FollowFleetOptions {
  /** Stops the following, not the runs. */
  signal: AbortSignal;
  /** After each look, with all runs in the order in which they were queued. */
  onLook?: (runs: readonly FollowedRun[]) => void;
  /** When a run has ended for good. */
  onEnd?: (run: FollowedRun) => void;
  /** When a run has failed and is tried again. */
  onFailure?: (run: FollowedRun, failure: RunFailure) => void;
  /** One sentence when the runner had died. */
  onNotice?: (notice: string) => void;
  /** Keeps the runner alive; for tests. Defaults to `startRunner`. */
  ensure?: () => Promise<RunnerStatus>;
  /** Between two looks. Defaults to 1 s. */
  pollMs?: number;
}

/**
 * Follows runs until each has ended for good: one that fails and has tries left is taken up again, by the runner or,
 * where that has died meanwhile, from here. Reads only what is added to the events of runs that go on.
 * @returns the runs with their last states; one whose project was removed counts as cancelled
 * @throws the signal's reason when aborted; `garden.runner-failed`
 */
export async function followFleet(
  paths: GardenPaths,
  queued: readonly { project: ProjectRecord; run: RunDescription }[],
  options: FollowFleetOptions,
): Promise<readonly FollowedRun[]> {
  const { signal, ensure = () => startRunner(paths), pollMs = POLL_MS } = options;
  const followers = queued.map(({ project, run }) => new FleetFollower(paths, project, run, options));
  const runs = followers.map(({ followed }) => followed);
  let ensureAt = 0;
  let idleStarts = 0;
  for (;;) {
    signal.throwIfAborted();
    for (const follower of followers) if (await follower.look()) idleStarts = 0;
    options.onLook?.(runs);
    if (followers.every(({ hasEnded }) => hasEnded)) return runs;
    if (performance.now() >= ensureAt) {
      const { started, notice } = await ensure();
      if (notice !== null) options.onNotice?.(notice);
      idleStarts += started ? 1 : 0;
      if (idleStarts > MAX_IDLE_STARTS) throw runnerFailed();
      ensureAt = performance.now() + ENSURE_EVERY_MS;
    }
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Follows one run. */
class FleetFollower {
  readonly followed: FollowedRun;
  hasEnded = false;
  readonly #follower: RunFollower;

  constructor(
    private readonly paths: GardenPaths,
    project: ProjectRecord,
    run: RunDescription,
    private readonly options: Pick<FollowFleetOptions, 'onEnd' | 'onFailure'>,
  ) {
    this.#follower = new RunFollower(paths.run(project.id, run.id));
    this.followed = { project, run, state: this.#follower.state };
  }

  /** Reads on. @returns whether anything has happened */
  async look(): Promise<boolean> {
    if (this.hasEnded) return false;
    const from = this.#follower.nextByte;
    const told = this.followed.state.failures.length;
    try {
      await this.#refresh();
      if (this.#isLeftFailed() && (await this.#tryAgain())) await this.#refresh();
    } catch (error) {
      if (!GardenerError.isInstance(error) || error.code !== 'garden.file-missing') throw error;
      this.followed.state = { ...this.followed.state, status: 'cancelled', finished: true };
    }
    const { finished, failures } = this.followed.state;
    const isOver = finished && (!this.#hasTries() || this.#isLeftFailed());
    const failure = failures.at(-1);
    if (!isOver && failure !== undefined && failures.length > told)
      this.options.onFailure?.(this.followed, failure);
    if (!isOver) return this.#follower.nextByte > from;
    this.hasEnded = true;
    this.options.onEnd?.(this.followed);
    return true;
  }

  /** Whether it has failed and the runner is to take it up again. */
  #hasTries(): boolean {
    const { status, failures } = this.followed.state;
    return status === 'failed' && failures.length <= retriesOf({ description: this.followed.run });
  }

  /** Whether the runner has not done so: it has died meanwhile. */
  #isLeftFailed(): boolean {
    const failedAt = Date.parse(this.followed.state.updatedAt ?? '');
    return this.#hasTries() && Date.now() - failedAt > RUNNERS_TURN_MS;
  }

  #tryAgain(): Promise<boolean> {
    return tryAgain(this.paths, { directory: this.#follower.runDir, description: this.followed.run });
  }

  async #refresh(): Promise<void> {
    this.followed.state = await this.#follower.refresh();
  }
}

function runnerFailed(): GardenerError {
  return new GardenerError('garden.runner-failed', 'The background runner ends each time it is started.', {
    remedy: 'Read logs/runner.log in the data directory.',
  });
}
