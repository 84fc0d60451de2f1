import { setTimeout as delay } from 'node:timers/promises';
import type { RunState } from './run-state.js';
import type { ResolvedOptions, TrainEvent } from './train-options.js';
import type { TrainingPlan } from './training-plan.js';

/** How training treats whatever shares the machine with it. Neither waiting nor resting changes a loss. */
export interface Courtesy {
  /**
   * Asked before every step: why training has to wait, one sentence, or null. While there is a reason it is asked every
   * `askAgainMs`; that time is not the budget's.
   */
  obstacle?(): Promise<string | null>;
  /** Milliseconds between two questions. Defaults to 5,000. */
  askAgainMs?: number;
  /** Asked after every step, which took `stepMs`: how long to rest, ms. A rest is part of what a step takes. */
  restMs?(stepMs: number): number;
}

const ASK_AGAIN_MS = 5_000;

/**
 * Waits while there is an obstacle: with a checkpoint, since nobody knows for how long, and no longer
 * than until the run is stopped.
 */
export async function* giveWay(
  { courtesy, signal, checkpointDirectory }: ResolvedOptions,
  run: RunState,
  plan: TrainingPlan,
): AsyncGenerator<TrainEvent> {
  const started = performance.now();
  let reason = (await courtesy?.obstacle?.()) ?? null;
  if (reason === null) return;
  yield { type: 'wait', reason };
  if (checkpointDirectory) yield await run.save(plan, checkpointDirectory);
  while (reason !== null && !signal?.aborted) {
    await pause(courtesy?.askAgainMs ?? ASK_AGAIN_MS, signal);
    reason = (await courtesy?.obstacle?.()) ?? null;
  }
  plan.recordWait(performance.now() - started);
  yield { type: 'go-on' };
}

/** Rests after a step as long as courtesy asks. */
export async function rest({ courtesy, signal }: ResolvedOptions, stepMs: number): Promise<void> {
  const ms = courtesy?.restMs?.(stepMs) ?? 0;
  if (ms > 0) await pause(ms, signal);
}

/** Waits, or until the signal aborts. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
