import { estimateMemory, lightEnough } from './memory/memory-plan.js';
import { choosePrecision } from './quantization/choose-precision.js';
import { fillDefaults } from './settings/default-options.js';
import type { TrainOptions } from './settings/train-options.js';

/**
 * Peak memory of a process that trains with these options, bytes: an estimate, made before anything is read. What is
 * wanted is made lighter for `memoryBudgetBytes`, 4 GB by default, as a training does it.
 * @throws LoraError `train.inexact-products`
 */
export async function trainingMemory(
  options: Pick<TrainOptions, 'base' | 'adapter' | 'batch' | 'machine'>,
): Promise<number> {
  const { base, adapter, batch, machine } = fillDefaults({ ...options, examples: [], validation: [] });
  const { precision } = await choosePrecision(machine.precision, machine.largestWeightCode);
  const { rows, sequenceLength } = batch;
  const { activations } = machine;
  const wanted = { config: base.config, adapter, batch: { rows, sequenceLength }, precision, activations };
  return estimateMemory(lightEnough(wanted, options.machine?.memoryBudgetBytes));
}
