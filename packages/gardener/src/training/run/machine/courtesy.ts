import type { Courtesy } from '@codebase-gardener/lora';
import type { Settings } from '../../../garden/settings/settings.js';
import { OtherLoad } from './other-load.js';
import { isOnBattery } from './power-source.js';

/** Training steps back when others use more than this share of the machine. */
const BUSY_SHARE = 0.5;
/** How long an answer about the power source holds: asking may mean a process. */
const POWER_ASKED_EVERY_MS = 15_000;

const ON_BATTERY =
  'Training waits while the machine runs on battery: plug it in, or set trainOnBattery to true and pause and resume it.';

/** How a training treats the machine it shares, by the settings. */
export function courtesyOf(
  { yieldToOthers, trainOnBattery }: Pick<Settings, 'yieldToOthers' | 'trainOnBattery'>,
  load = new OtherLoad(),
  onBattery: () => Promise<boolean> = isOnBattery,
): Courtesy {
  const asked = seldom(onBattery, POWER_ASKED_EVERY_MS);
  return {
    ...(trainOnBattery ? {} : { obstacle: async () => ((await asked()) ? ON_BATTERY : null) }),
    // The process already has low priority. A pause helps beside that, because it leaves memory and caches to others.
    ...(yieldToOthers ? { restMs: (stepMs: number) => (load.share() > BUSY_SHARE ? stepMs : 0) } : {}),
  };
}

/** The last answer, as long as it is fresh. */
function seldom<T>(ask: () => Promise<T>, everyMs: number): () => Promise<T> {
  let last: { answer: T; at: number } | null = null;
  return async () => {
    if (last === null || performance.now() - last.at > everyMs) {
      last = { answer: await ask(), at: performance.now() };
    }
    return last.answer;
  };
}
