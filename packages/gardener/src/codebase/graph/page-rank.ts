import { present } from '../../garden/errors/present.js';

/** Directed edges with weights, by place in three lists. */
export interface WeightedEdges {
  from: readonly number[];
  to: readonly number[];
  weight: readonly number[];
}

const DAMPING = 0.85;
const MAX_ROUNDS = 60;
const TOLERANCE = 1e-7;

/**
 * PageRank (Brin and Page 1998) over weighted edges: how often a random walk is at each node when it follows
 * edges in proportion to their weights and now and then jumps to any node. Weights are shares of a node's
 * rank: where they add up to less than 1, the walk jumps for the rest, so a node with one doubtful edge does
 * not pass all of its rank along it.
 * @returns one rank a node, scaled to a mean of 1
 */
export function pageRank(nodes: number, { from, to, weight }: WeightedEdges): Float64Array {
  const out = new Float64Array(nodes);
  for (let edge = 0; edge < from.length; edge++) add(out, present(from[edge]), present(weight[edge]));
  let rank = new Float64Array(nodes).fill(1);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let dangling = 0;
    for (let node = 0; node < nodes; node++)
      dangling += present(rank[node]) * Math.max(0, 1 - present(out[node]));
    const next = new Float64Array(nodes).fill(1 - DAMPING + (DAMPING * dangling) / nodes);
    for (let edge = 0; edge < from.length; edge++) {
      const source = present(from[edge]);
      const passed =
        (DAMPING * present(rank[source]) * present(weight[edge])) / Math.max(1, present(out[source]));
      add(next, present(to[edge]), passed);
    }
    let change = 0;
    for (let node = 0; node < nodes; node++) change += Math.abs(present(next[node]) - present(rank[node]));
    rank = next;
    if (change < TOLERANCE * nodes) break;
  }
  return rank;
}

function add(values: Float64Array, index: number, value: number): void {
  values[index] = present(values[index]) + value;
}
