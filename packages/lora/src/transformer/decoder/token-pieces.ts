import type { Graph, Value } from '../../autodiff/graph.js';
import { split } from '../../autodiff/operators/index.js';

/**
 * Tokens that go through the linear modules together. More of them take more memory at a time; fewer mean more nodes
 * in the graph, at 5 kB and 10 us each.
 */
export const PIECE = 512;

/**
 * Cuts what has a row for each token into pieces for `decoderBlock`: as few as there have to be, of nearly one size.
 */
export function inPieces(graph: Graph, value: Value): Value[] {
  const tokens = value.shape[0]!;
  const count = Math.ceil(tokens / PIECE);
  if (count === 1) return [value];
  const border = (i: number) => Math.floor((i * tokens) / count);
  const sizes = Array.from({ length: count }, (_, i) => border(i + 1) - border(i));
  return split(graph, value, 0, sizes);
}
