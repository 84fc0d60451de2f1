import type { Graph, Value } from '../autodiff/graph.js';
import { add, concat, matmul, reshape, slice, softmax } from '../autodiff/operators/index.js';

/** Queries handled at once: a chunk looks only at the keys up to its own end, which saves nearly half of the products. */
const CHUNK = 128;

/** Operands of attention. Heads of q are grouped by the key-value head they share. */
export interface AttentionInputs {
  /** float32 [rows, heads, sequence, headSize] */
  q: Value;
  /** float32 [rows, keyValueHeads, sequence, headSize] */
  k: Value;
  /** float32 [rows, keyValueHeads, sequence, headSize] */
  v: Value;
  /** float32 [rows, 1, sequence, sequence], added to the scores; nothing above the diagonal is ever read as 0 */
  mask: Value;
}

/**
 * Causal attention with grouped key-value heads (https://arxiv.org/abs/2305.13245), without expanding them: the query
 * heads of a group lie one below the other as rows of one product.
 * @returns float32 [rows, heads, sequence, headSize]
 */
export function causalAttention(graph: Graph, { q, k, v, mask }: AttentionInputs): Value {
  const [rows, heads, sequence, headSize] = q.shape as [number, number, number, number];
  const groups = k.shape[1]!;
  const perGroup = heads / groups;
  const outputs: Value[] = [];
  for (let start = 0; start < sequence; start += CHUNK) {
    const end = Math.min(start + CHUNK, sequence);
    const length = end - start;
    const queries = reshape(graph, slice(graph, q, 2, start, end), [
      rows,
      groups,
      perGroup * length,
      headSize,
    ]);
    const keys = slice(graph, k, 2, 0, end);
    const values = slice(graph, v, 2, 0, end);
    const scores = matmul(graph, queries, keys, { transB: true, alpha: 1 / Math.sqrt(headSize) });
    const allowed = slice(graph, slice(graph, mask, 2, start, end), 3, 0, end);
    const masked = add(graph, reshape(graph, scores, [rows, heads, length, end]), allowed);
    const weights = reshape(graph, softmax(graph, masked), [rows, groups, perGroup * length, end]);
    outputs.push(reshape(graph, matmul(graph, weights, values), [rows, heads, length, headSize]));
  }
  return concat(graph, outputs, 2);
}
