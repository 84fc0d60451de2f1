import { setTimeout as delay } from 'node:timers/promises';
import type { Courtesy } from './settings/train-options.js';

const ASK_AGAIN_MS = 5_000;

/** Asks why training has to wait: one sentence, or null. */
export async function obstacleOf(courtesy: Courtesy | undefined): Promise<string | null> {
  return (await courtesy?.obstacle?.()) ?? null;
}

/** Waits until there is no obstacle any more, or until the signal aborts. */
export async function untilNoObstacle(courtesy: Courtesy | undefined, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted) {
    await pause(courtesy?.askAgainMs ?? ASK_AGAIN_MS, signal);
    if ((await obstacleOf(courtesy)) === null) return;
  }
}

/** Rests after a step, which took `stepMs`, as long as courtesy asks. */
export async function rest(
  courtesy: Courtesy | undefined,
  stepMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const ms = courtesy?.restMs?.(stepMs) ?? 0;
  if (ms > 0) await pause(ms, signal);
}

/** Waits, or until the signal aborts. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
