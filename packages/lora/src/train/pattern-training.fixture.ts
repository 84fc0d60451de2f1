/** A small training on the tiny llama, for tests. */
import type { LoraAdapter } from '../adapter/adapter.js';
import type { BaseWeights } from '../transformer/base-model.js';
import type { SupervisedExample } from './batches/example.js';
import { seededRandom } from './batches/random.js';
import type { TrainOptions } from './settings/train-options.js';
import { train } from './train.js';
import type { TrainEvent } from './train-events.js';

/** Sequences with a pattern to learn: each token is followed by the one three further on. */
export function patternExamples(count: number, seed: number): SupervisedExample[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const length = 8 + Math.floor(random.next() * 17);
    const start = Math.floor(random.next() * 50);
    return {
      tokens: Int32Array.from({ length }, (_, i) => 10 + ((start + 3 * i) % 50)),
      supervised: new Uint8Array(length).fill(1),
    };
  });
}

/** Options of a training that learns the pattern in twelve steps. */
export const patternTraining = (base: BaseWeights): TrainOptions => ({
  base,
  examples: patternExamples(40, 1),
  validation: patternExamples(6, 2),
  adapter: { rank: 4, alpha: 8 },
  optimizer: { learningRate: 2e-2 },
  batch: { sequenceLength: 32, rows: 2, accumulation: 1 },
  evaluation: { everySteps: 4 },
  steps: 12,
  maxEpochs: 100,
  seed: 5,
  machine: { threads: 1 },
});

export const FLOAT32 = { threads: 1, precision: 'float32' as const };

/** All events of a training. */
export async function collect(
  options: TrainOptions,
  onEvent?: (event: TrainEvent) => void,
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(options)) {
    events.push(event);
    onEvent?.(event);
  }
  return events;
}

/** Losses of the steps. */
export const losses = (events: TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'step-end' ? [event.loss] : []));

/** The last event. */
export function ending(events: TrainEvent[]): Extract<TrainEvent, { type: 'train-end' }> {
  const last = events.at(-1);
  if (last?.type !== 'train-end') throw new Error('no train-end');
  return last;
}

/** All B matrices. */
export const valuesOf = ({ blocks }: LoraAdapter) =>
  blocks.flatMap((modules) => Object.values(modules).map(({ b }) => [...b]));
