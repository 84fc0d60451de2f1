import type { Graph, Value } from '../graph.js';
import { defineOperators } from '../graph.js';

/** Element types a value is rounded to and from, by their number in onnx.proto. */
const ELEMENT_TYPES = { float32: 1, float16: 10 } as const;

/** The same numbers as another floating-point type. Gradients pass through it as they are, in float32. */
export function cast(graph: Graph, x: Value, to: keyof typeof ELEMENT_TYPES): Value {
  return graph.apply('Cast', [x], { to: ELEMENT_TYPES[to] })[0]!;
}

defineOperators({
  Cast: {
    domain: '',
    infer: ([x], { to }) => [
      { dtype: to === ELEMENT_TYPES.float16 ? 'float16' : 'float32', shape: [...x!.shape] },
    ],
    vjp: (_graph, _node, [dy]) => [dy!],
  },
});
