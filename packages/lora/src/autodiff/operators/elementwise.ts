import type { Graph, Value } from '../graph.js';
import { defineOperators, type OperatorDefinition } from '../graph.js';
import { broadcastShape } from '../shape-rules.js';

/** An operator on one tensor that keeps its shape. */
export function sameShape(
  vjp: OperatorDefinition['vjp'],
  domain: OperatorDefinition['domain'] = '',
): OperatorDefinition {
  return { domain, infer: ([x]) => [{ dtype: x!.dtype, shape: [...x!.shape] }], vjp };
}

/** An operator on two tensors that broadcast. */
function broadcasting(name: string, vjp: OperatorDefinition['vjp']): OperatorDefinition {
  return {
    domain: '',
    infer: ([a, b]) => [{ dtype: a!.dtype, shape: broadcastShape(name, a!, b!) }],
    vjp,
  };
}

/** a + b, broadcasting. */
export const add = (graph: Graph, a: Value, b: Value): Value => graph.apply('Add', [a, b], {})[0]!;
/** a - b, broadcasting. */
export const sub = (graph: Graph, a: Value, b: Value): Value => graph.apply('Sub', [a, b], {})[0]!;
/** a * b elementwise, broadcasting. */
export const mul = (graph: Graph, a: Value, b: Value): Value => graph.apply('Mul', [a, b], {})[0]!;
/** -x. */
export const neg = (graph: Graph, x: Value): Value => graph.apply('Neg', [x], {})[0]!;
/** 1 / (1 + exp(-x)). */
export const sigmoid = (graph: Graph, x: Value): Value => graph.apply('Sigmoid', [x], {})[0]!;
/** e to the power of x. */
export const exp = (graph: Graph, x: Value): Value => graph.apply('Exp', [x], {})[0]!;
/** 1 / x. */
export const reciprocal = (graph: Graph, x: Value): Value => graph.apply('Reciprocal', [x], {})[0]!;
/** |x|. */
export const absolute = (graph: Graph, x: Value): Value => graph.apply('Abs', [x], {})[0]!;
/** Natural logarithm. */
export const log = (graph: Graph, x: Value): Value => graph.apply('Log', [x], {})[0]!;
/**
 * GELU by its approximation with tanh, which is x * sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)).
 * https://arxiv.org/abs/1606.08415
 */
export const gelu = (graph: Graph, x: Value): Value => {
  const factor = (value: number) => graph.constant('float32', [1], Float32Array.of(value));
  const slope = 2 * Math.sqrt(2 / Math.PI);
  const cubic = add(graph, mul(graph, mul(graph, x, x), factor(0.044715 * slope)), factor(slope));
  return mul(graph, x, sigmoid(graph, mul(graph, x, cubic)));
};
/** SiLU, x * sigmoid(x): ONNX Runtime's QuickGelu with alpha 1, one pass. */
export const silu = (graph: Graph, x: Value): Value =>
  graph.apply('QuickGelu', [x], { alpha: { float: 1 } })[0]!;

defineOperators({
  Identity: sameShape((_graph, _node, [dy]) => [dy!]),
  Add: broadcasting('Add', (_graph, _node, [dy], wanted) => [wanted[0] ? dy! : null, wanted[1] ? dy! : null]),
  Sub: broadcasting('Sub', (graph, _node, [dy], wanted) => [
    wanted[0] ? dy! : null,
    wanted[1] ? neg(graph, dy!) : null,
  ]),
  Mul: broadcasting('Mul', (graph, { inputs: [a, b] }, [dy], wanted) => [
    wanted[0] ? mul(graph, dy!, b!) : null,
    wanted[1] ? mul(graph, dy!, a!) : null,
  ]),
  Neg: sameShape((graph, _node, [dy]) => [neg(graph, dy!)]),
  Reciprocal: sameShape(null),
  Abs: sameShape(null),
  Exp: sameShape(null),
  Log: sameShape(null),
  // y' = y - y^2
  Sigmoid: sameShape((graph, { outputs: [y] }, [dy]) => [
    mul(graph, dy!, sub(graph, y!, mul(graph, y!, y!))),
  ]),
  // With s = sigmoid(x) and y = x s: y' = s + y (1 - s) = s + y - y s.
  QuickGelu: sameShape((graph, { inputs: [x], outputs: [y] }, [dy]) => {
    const s = sigmoid(graph, x!);
    return [mul(graph, dy!, add(graph, sub(graph, y!, mul(graph, y!, s)), s))];
  }, 'com.microsoft'),
});
