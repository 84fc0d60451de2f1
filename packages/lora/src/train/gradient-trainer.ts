import type { Batch } from './batch.js';
import type { LoraParameters } from './lora-parameters.js';

/** Seeds of the dropout masks of each row of a batch. */
export type DropoutSeeds = readonly (readonly number[])[];

/** Computes the gradient of one batch by every number of the adapter. */
export interface GradientTrainer extends AsyncDisposable {
  /**
   * Adds the gradient of `weight * sum(nll)` over the batch to `parameters.gradient`.
   * @param weight 1 / (targets of the whole step): batches of one step then add up to the token-weighted mean
   * @returns the sum of nll, in nats
   */
  accumulateGradient(
    batch: Batch,
    parameters: LoraParameters,
    weight: number,
    dropoutSeeds: DropoutSeeds,
  ): Promise<number>;
}
