import type { Graph, Value } from '../graph.js';
import { defineOperators } from '../operator.js';
import { reshape } from './layout.js';
import { reduceMax } from './reductions.js';

/**
 * The `count` columns of `x` with the largest elements, in no order.
 * @param x float32 [rows, columns]
 * @returns int64 [count]
 */
export function largestColumns(graph: Graph, x: Value, count: number): Value {
  const largest = reshape(graph, reduceMax(graph, x, [0]), [x.shape[1]!]);
  const k = graph.constant('int64', [1], BigInt64Array.of(BigInt(count)));
  return graph.apply('TopK', [largest, k], { sorted: 0 })[1]!;
}

defineOperators({
  TopK: {
    domain: '',
    infer: ([, k], _attributes, graph) => {
      const count = Number(graph.constants.get(k!)![0]);
      return [
        { dtype: 'float32', shape: [count] },
        { dtype: 'int64', shape: [count] },
      ];
    },
    vjp: null,
  },
});
