import type { LoraAdapter } from '../../adapter/adapter.js';
import type { BaseModel } from '../../transformer/base-model.js';
import type { Precision } from '../../transformer/decoder/block-context.js';
import { loadFrozenWeights } from '../../transformer/decoder/frozen-weights.js';
import type { Activations } from '../../transformer/decoder/model-graph.js';
import { makeBatch } from '../batches/batch.js';
import type { Example } from '../batches/example.js';
import { countTargets, packExamples } from '../batches/packing.js';
import { ModelTrainer } from '../gradient/model-trainer.js';
import { LoraParameters } from '../optimizer/lora-parameters.js';
import { trainingWeights } from './training-weights.js';

/**
 * The mean loss of an adapter on examples, computed as one batch, and its gradient (`parameters.gradient`). For tests.
 * @param examples the first one is as long as a row
 */
export async function gradientOf(
  base: BaseModel,
  adapter: LoraAdapter,
  examples: readonly Example[],
  machine: {
    precision: Precision;
    largestWeightCode: number;
    activations: Activations;
    /** See `ModelGraphOptions`. */
    singleCopy?: boolean;
  },
): Promise<{ loss: number; parameters: LoraParameters }> {
  const { precision, activations, singleCopy = false } = machine;
  const { config } = base;
  const sequenceLength = examples[0]!.tokens.length;
  const rows = packExamples(examples, sequenceLength, null);
  const batch = makeBatch(rows, rows.length, sequenceLength);
  const size = { rows: rows.length, sequenceLength };
  const shape = { config, batch: size, adapter: adapter.config, precision, activations, singleCopy };
  const frozen = await loadFrozenWeights(base);
  const options = { threads: 2 };
  const weights = trainingWeights({ base, machine }, frozen, batch, options);
  const parameters = new LoraParameters(config, adapter.config);
  parameters.load(adapter);
  await using trainer = await ModelTrainer.create(weights, shape, options);
  const targets = countTargets(rows);
  const seeds = rows.map((_, row) => [row]);
  const loss = (await trainer.accumulateGradient(batch, parameters, 1 / targets, seeds)) / targets;
  return { loss, parameters };
}

/** The cosine of the angle between two gradients: 1 where they point in the same direction. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (left: Float32Array, right: Float32Array) =>
    left.reduce((sum, value, i) => sum + value * right[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
