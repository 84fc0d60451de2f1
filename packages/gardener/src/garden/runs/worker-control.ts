import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess } from '@codebase-gardener/lora/process';
import { readControl, readRunState } from './runs.js';

/** Why a worker should stop: the user's wish, or `terminate` for a SIGTERM (the machine shuts down). */
export type StopReason = 'cancel' | 'pause' | 'terminate';

/** A worker's side of its run. */
export interface RunMembership {
  /** Aborts when the work should stop. */
  signal: AbortSignal;
  /** Null until `signal` aborts. A cancel that follows a pause replaces it. */
  stopReason(): StopReason | null;
  /** Stops looking, so that the process can end. */
  leave(): void;
}

/**
 * The first call of a worker: waits until the run's last run-start names this process, then watches control.json (each
 * 500 ms) and SIGTERM. Returns null when the run belongs to another process, has ended, or nobody claims this
 * one within `timeoutMs` (the runner was killed just after it started this worker, and the next runner has started
 * another one): the worker must then exit.
 */
export async function joinRun(runDir: string, timeoutMs = 10_000): Promise<RunMembership | null> {
  const self = await identifyProcess();
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const state = await readRunState(runDir);
    if (state.finished) return null;
    if (state.workerPid === self.pid && state.workerStart === self.processStart) return watch(runDir);
    if (performance.now() > deadline) return null;
    await delay(50);
  }
}

function watch(runDir: string): RunMembership {
  const controller = new AbortController();
  let reason: StopReason | null = null;
  const stop = (why: StopReason) => {
    if (reason !== 'cancel') reason = why;
    controller.abort(reason);
  };
  const look = async () => {
    const request = await readControl(runDir);
    if (request === 'cancel' || (request === 'pause' && reason === null)) stop(request);
  };
  const timer = setInterval(() => void look(), 500);
  timer.unref();
  const onTerminate = () => {
    // A cancel leaves its request first and sends the signal afterwards: tell the two apart.
    void look().finally(() => reason ?? stop('terminate'));
  };
  process.on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    stopReason: () => reason,
    leave: () => {
      clearInterval(timer);
      process.off('SIGTERM', onTerminate);
    },
  };
}
