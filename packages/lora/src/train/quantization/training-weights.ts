import type { SessionOptions } from '../../autodiff/session.js';
import type { BaseWeights } from '../../transformer/base-model.js';
import type { Precision } from '../../transformer/decoder/block-context.js';
import {
  type BlockFeeds,
  type FrozenWeights,
  loadAllBlocks,
} from '../../transformer/decoder/frozen-weights.js';
import type { Batch } from '../batches/batch.js';
import { quantizeBlocks, quantizeTable } from './quantized-weights.js';

/** The frozen weights in the precision of training, made when they are asked for. */
export interface TrainingWeights {
  frozen: FrozenWeights;
  /**
   * Feeds of the blocks, one after the other.
   * @param singleCopy see `ModelGraphOptions`
   */
  blocks(singleCopy: boolean): AsyncIterable<BlockFeeds>;
  /** Feeds of the head beside its norm. */
  head(): Promise<BlockFeeds>;
}

/** The base and the numbers its weights are wanted in. */
export interface WeightsWanted {
  base: BaseWeights;
  /** `largestWeightCode`: of an 8-bit weight, see `largestExactWeight`. */
  machine: { precision: Precision; largestWeightCode: number };
}

/** @param calibration the batch whose activations 8-bit weights are smoothed for */
export function trainingWeights(
  { base, machine: { precision, largestWeightCode } }: WeightsWanted,
  frozen: FrozenWeights,
  calibration: Batch,
  sessions: SessionOptions,
): TrainingWeights {
  if (precision === 'float32') {
    const head = async () => ({ table: await frozen.readHead() });
    return { frozen, blocks: () => loadAllBlocks(base), head };
  }
  const { config } = base;
  const options = { largestCode: largestWeightCode, sessions };
  return {
    frozen,
    blocks: (singleCopy) => quantizeBlocks(config, frozen, calibration, { ...options, singleCopy }),
    head: () => quantizeTable(config, frozen, options),
  };
}

/** Reads all of them into memory. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
