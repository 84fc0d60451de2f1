import { elementCount } from '../../weights/element-count.js';
import type { Graph, Value } from '../graph.js';
import { defineOperators, type OperatorDefinition } from '../graph.js';
import { mul, sub } from './elementwise.js';

const reduce =
  (operator: string) =>
  (graph: Graph, x: Value, axes: readonly number[]): Value => {
    const axesValue = graph.constant('int64', [axes.length], BigInt64Array.from(axes, BigInt));
    return graph.apply(operator, [x, axesValue], { keepdims: 1 })[0]!;
  };

/** Sum over `axes`, which stay with size 1. */
export const reduceSum = reduce('ReduceSum');
/** Largest over `axes`, which stay with size 1. */
export const reduceMax = reduce('ReduceMax');
/** Mean over `axes`, which stay with size 1. */
export const reduceMean = reduce('ReduceMean');

/** Softmax over the last axis. */
export const softmax = (graph: Graph, x: Value): Value => graph.apply('Softmax', [x], { axis: -1 })[0]!;

/** Index of the largest element along the last axis, int64; the result does not have that axis. */
export const argMax = (graph: Graph, x: Value): Value =>
  graph.apply('ArgMax', [x], { axis: -1, keepdims: 0 })[0]!;

const infer: OperatorDefinition['infer'] = ([x, axes], _attributes, graph) => {
  const rank = x!.shape.length;
  const reduced = Array.from(
    graph.constants.get(axes!) as BigInt64Array,
    (axis) => (Number(axis) + rank) % rank,
  );
  return [{ dtype: x!.dtype, shape: x!.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size)) }];
};

/** A tensor of `shape` with one value everywhere, stored as a scalar-shaped constant that broadcasts. */
const filled = (graph: Graph, shape: readonly number[], value: number): Value =>
  graph.constant('float32', shape, new Float32Array(elementCount(shape)).fill(value));

const ratio = (x: Value, y: Value): number => elementCount(x.shape) / elementCount(y.shape);

defineOperators({
  ReduceSum: {
    domain: '',
    infer,
    vjp: (graph, { inputs: [x] }, [dy]) => [mul(graph, dy!, filled(graph, x!.shape, 1)), null],
  },
  ReduceMax: { domain: '', infer, vjp: null },
  ReduceMean: {
    domain: '',
    infer,
    vjp: (graph, { inputs: [x], outputs: [y] }, [dy]) => [
      mul(graph, dy!, filled(graph, x!.shape, 1 / ratio(x!, y!))),
      null,
    ],
  },
  // dx = y (dy - sum(y dy)).
  Softmax: {
    domain: '',
    infer: ([x]) => [{ dtype: x!.dtype, shape: [...x!.shape] }],
    vjp: (graph, { outputs: [y] }, [dy]) => {
      const weighted = reduceSum(graph, mul(graph, y!, dy!), [-1]);
      return [mul(graph, y!, sub(graph, dy!, weighted))];
    },
  },
  ArgMax: {
    domain: '',
    infer: ([x]) => [{ dtype: 'int64', shape: x!.shape.slice(0, -1) }],
    vjp: null,
  },
});
