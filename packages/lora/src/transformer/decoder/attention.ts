import type { Graph, Value } from '../../autodiff/graph.js';
import { add, concat, matmul, reshape, slice, softmax, split } from '../../autodiff/operators/index.js';
import type { BlockKind } from '../config/transformer-config.js';

/**
 * Queries handled at once: a chunk looks only at the keys up to its own end, which saves nearly half of the products.
 */
export const CHUNK = 128;

/** Added to a score that must not count. Half of what a mask holds, so that the sum of both is still finite. */
const HIDDEN = -1e9;

/** Operands of attention. Heads of q are grouped by the key-value head they share. */
export interface AttentionInputs {
  /** float32 [rows, heads, sequence, headSize] */
  q: Value;
  /** float32 [rows, keyValueHeads, sequence, headSize] */
  k: Value;
  /** float32 [rows, keyValueHeads, sequence, headSize] */
  v: Value;
  /** See `maskChunks`. */
  masks: readonly Value[];
  /** What the scores are multiplied by; null for 1 / sqrt(headSize). */
  scale: number | null;
}

/** What attention computes. */
export interface Attention {
  /** float32 [rows, heads, sequence, headSize] */
  output: Value;
  /**
   * The softmax of each chunk's scores, [rows, heads, chunk, keys]: of all values the dearest to compute again in a
   * backward pass.
   */
  weights: Value[];
}

/**
 * Causal attention with grouped key-value heads (https://arxiv.org/abs/2305.13245), without expanding them: the query
 * heads of a group lie one below the other as rows of one product.
 */
export function causalAttention(graph: Graph, { q, k, v, masks, scale }: AttentionInputs): Attention {
  const [rows, heads, sequence, headSize] = q.shape as [number, number, number, number];
  const groups = k.shape[1]!;
  const perGroup = heads / groups;
  const outputs: Value[] = [];
  const weights: Value[] = [];
  const chunks = chunksOf(sequence);
  const lengths = chunks.map(({ start, end }) => end - start);
  const parts = chunks.length === 1 ? [q] : split(graph, q, 2, lengths);
  for (const [i, { end }] of chunks.entries()) {
    const length = lengths[i]!;
    const queries = reshape(graph, parts[i]!, [rows, groups, perGroup * length, headSize]);
    const keys = slice(graph, k, 2, 0, end);
    const values = slice(graph, v, 2, 0, end);
    const scores = matmul(graph, queries, keys, { transB: true, alpha: scale ?? 1 / Math.sqrt(headSize) });
    const masked = add(graph, reshape(graph, scores, [rows, heads, length, end]), masks[i]!);
    const ofChunk = softmax(graph, masked);
    weights.push(ofChunk);
    const grouped = reshape(graph, ofChunk, [rows, groups, perGroup * length, end]);
    outputs.push(reshape(graph, matmul(graph, grouped, values), [rows, heads, length, headSize]));
  }
  return { output: concat(graph, outputs, 2), weights };
}

/**
 * The part of the mask that each chunk of queries needs.
 * @param mask float32 [rows, 1, sequence, sequence], added to the scores; nothing above the diagonal is ever read as 0
 */
export function maskChunks(graph: Graph, mask: Value): Value[] {
  return chunksOf(mask.shape[2]!).map(({ start, end }) =>
    slice(graph, slice(graph, mask, 2, start, end), 3, 0, end),
  );
}

/** Added to the mask of a block that looks back on a window only: 0 within it, a large negative number before. */
export function windowMask(graph: Graph, { window }: BlockKind, sequence: number): Value {
  const values = new Float32Array(sequence * sequence);
  const reach = window ?? sequence;
  for (let query = reach; query < sequence; query++) {
    values.fill(HIDDEN, query * sequence, query * sequence + query - reach + 1);
  }
  return graph.constant('float32', [1, 1, sequence, sequence], values);
}

function chunksOf(sequence: number): { start: number; end: number }[] {
  return Array.from({ length: Math.ceil(sequence / CHUNK) }, (_, i) => ({
    start: i * CHUNK,
    end: Math.min((i + 1) * CHUNK, sequence),
  }));
}
