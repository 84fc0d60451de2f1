import { estimateMemory } from './memory/memory-plan.js';
import { choosePrecision } from './quantization/choose-precision.js';
import { fillDefaults } from './settings/default-options.js';
import type { TrainOptions } from './settings/train-options.js';

/**
 * Peak memory of a process that trains with these options, bytes: an estimate, made before anything is read. A training
 * with a smaller memory budget takes less and is slower.
 * @throws LoraError `train.inexact-products`
 */
export async function trainingMemory(
  options: Pick<TrainOptions, 'base' | 'adapter' | 'batch' | 'machine'>,
): Promise<number> {
  const { base, adapter, batch, machine } = fillDefaults({ ...options, examples: [], validation: [] });
  const { precision } = await choosePrecision(machine.precision, machine.largestWeightCode);
  const { rows, sequenceLength } = batch;
  const { activations } = machine;
  return estimateMemory({
    config: base.config,
    adapter,
    batch: { rows, sequenceLength },
    precision,
    activations,
  });
}
