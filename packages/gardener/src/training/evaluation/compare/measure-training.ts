import type { BaseModel, SupervisedExample } from '@codebase-gardener/lora';
import type { TrainingShape } from './compare-protocol.js';

/** The first step warms up; the others are measured. */
const STEPS = 4;

/**
 * Trains a few steps, to see how fast it goes; what comes of it is thrown away.
 * @param limitMs no step but the second is begun after this; loading the weights counts
 * @returns tokens a second, or null where memory does not suffice
 */
export async function measureTraining(
  base: BaseModel,
  texts: readonly SupervisedExample[],
  { rank, sequenceLength, threads, memoryBudgetBytes }: TrainingShape,
  limitMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const { LoraError, train, windowsOf } = await import('@codebase-gardener/lora');
  const length = Math.min(sequenceLength, base.config.contextLength);
  const examples = texts.flatMap(({ tokens }) => windowsOf(tokens, length));
  const start = performance.now();
  const training = train({
    base,
    examples,
    validation: [],
    adapter: { rank },
    batch: { sequenceLength: length, rows: 1, accumulation: 1 },
    steps: STEPS,
    signal,
    machine: {
      ...(threads > 0 ? { threads } : {}),
      ...(memoryBudgetBytes > 0 ? { memoryBudgetBytes } : {}),
    },
  });
  let bestMs = Number.POSITIVE_INFINITY;
  try {
    let last: number | null = null;
    for await (const event of training) {
      if (event.type !== 'step-end') continue;
      const now = performance.now();
      if (last !== null) bestMs = Math.min(bestMs, now - last);
      last = now;
      // The weights are loaded by the first step: to stop before the second would have been for nothing.
      if (Number.isFinite(bestMs) && now - start > limitMs) break;
    }
  } catch (error) {
    const isMemory = LoraError.isInstance(error) && error.code === 'train.memory-budget';
    if (!isMemory) throw error;
  }
  signal.throwIfAborted();
  return Number.isFinite(bestMs) ? (length * 1000) / bestMs : null;
}
