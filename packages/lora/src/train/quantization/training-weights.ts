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
  /** Feeds of the blocks, one after the other. */
  blocks(): AsyncIterable<BlockFeeds>;
  /** Feeds of the head beside its norm. */
  head(): Promise<BlockFeeds>;
}

/**
 * @param calibration the batch whose activations 8-bit weights are smoothed for
 * @param largestCode of an 8-bit weight, see `largestExactWeight`
 */
export function trainingWeights(
  base: BaseWeights,
  frozen: FrozenWeights,
  precision: Precision,
  calibration: Batch,
  largestCode: number,
  sessions: SessionOptions,
): TrainingWeights {
  if (precision === 'float32') {
    const head = async () => ({ table: await frozen.readHead() });
    return { frozen, blocks: () => loadAllBlocks(base), head };
  }
  const { config } = base;
  return {
    frozen,
    blocks: () => quantizeBlocks(config, frozen, calibration, largestCode, sessions),
    head: () => quantizeTable(config, frozen, largestCode),
  };
}

/** All of them at once. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
