import { choosePrecision } from '../quantization/choose-precision.js';
import { checkExamples, checkOptions } from './check-options.js';
import { fillDefaults } from './default-options.js';
import type { TrainOptions } from './train-options.js';

/** What a training is made with: its options, checked, with defaults and with the precision chosen for this CPU. */
export type TrainSettings = Awaited<ReturnType<typeof resolveSettings>>;

/**
 * Fills in the defaults, checks every value and chooses the precision.
 * @throws LoraError `train.bad-option`, `train.no-examples`, `train.bad-example`, `train.nothing-supervised`,
 *   `train.inexact-products`
 */
export async function resolveSettings(given: TrainOptions) {
  const options = fillDefaults(given);
  checkOptions(options);
  checkExamples(options);
  const { precision, largestWeightCode } = options.machine;
  const chosen = await choosePrecision(precision, largestWeightCode);
  return { ...options, machine: { ...options.machine, ...chosen } };
}
