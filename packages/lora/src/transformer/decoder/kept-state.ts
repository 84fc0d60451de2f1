import type { TransformerConfig } from '../config/transformer-config.js';
import { CHUNK } from './attention.js';
import type { BatchShape, Precision } from './block-context.js';

/**
 * If all blocks together keep no more than this many bytes, everything is kept in 32 bits. A third of the memory that
 * training the default base takes.
 */
const FULL_BYTES = 340e6;

/** What a model keeps of its forward pass for the backward pass, beside the input of every block. */
export interface KeptState {
  /** Values of a block's state, by the beginning of their names, that are rounded to 16 bits. */
  rounded: readonly string[];
  /** Of all blocks. */
  bytes: number;
}

/**
 * Rounds kept values to 16 bits, the widest kind first, until the rest fits in 32 bits: it halves their memory for a
 * little more time. Only done with 8-bit products, which round far more than that; training in float32 stays exact.
 */
export function keptState(config: TransformerConfig, batch: BatchShape, precision: Precision): KeptState {
  const { blockCount, hiddenSize, mlpSize, headCount, keyValueHeadCount, headSize } = config;
  const tokens = blockCount * batch.rows * batch.sequenceLength;
  const chunk = Math.min(CHUNK, batch.sequenceLength);
  // Attention's weights: a chunk of queries has one for every key up to its own end.
  const weights = (headCount * (batch.sequenceLength + chunk)) / 2;
  const others = 3 * hiddenSize + 2 * keyValueHeadCount * headSize;
  const rounded: string[] = [];
  let bytes = 4 * tokens * (others + 2 * mlpSize + weights);
  const wide = [
    { names: ['gate', 'up'], width: 2 * mlpSize },
    { names: ['weights'], width: weights },
  ];
  for (const { names, width } of wide) {
    if (precision === 'float32' || bytes <= FULL_BYTES) break;
    rounded.push(...names);
    bytes -= 2 * tokens * width;
  }
  return { rounded, bytes };
}
