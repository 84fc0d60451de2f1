import type { Graph, Node, Value } from '../graph.js';
import { defineOperators } from '../graph.js';
import { shapeMismatch } from '../shape-rules.js';
import { absolute, mul } from './elementwise.js';
import { reduceMax } from './reductions.js';

/** A frozen matrix as 8-bit integers, once for each direction: no transpose is left to do in either. */
export interface QuantizedMatrix {
  /** int8 [in, out] */
  forward: Value;
  /** float32 [out]: forward[i, o] * forwardScale[o] is the weight. */
  forwardScale: Value;
  /** int8 [out, in]; null where no gradient flows back through the product. */
  backward: Value | null;
  /** float32 [in]: backward[o, i] * backwardScale[i] is the weight. */
  backwardScale: Value | null;
}

/** Middle of the unsigned range: the code of 0 in a quantised row. */
export const ZERO_POINT = 128;
/** Largest code of either sign. */
const LARGEST_CODE = 127;

/**
 * x W^T in 8-bit integers: each row of `x` gets a scale of its own, the weight one for each column of the product, and
 * sums are exact 32-bit integers. The gradient of x is computed the same way from the gradient of the result.
 * A composite operator: `expandQuantized` writes it in ONNX operators before a graph is encoded.
 * @param x float32 [tokens, in]
 * @param zeroPoints uint8 [tokens], all `ZERO_POINT`, where the number of tokens is a run's; a constant by default
 * @returns float32 [tokens, out]
 */
export function quantizedProduct(
  graph: Graph,
  x: Value,
  matrix: QuantizedMatrix,
  zeroPoints: Value | null = null,
): Value {
  const { forward, forwardScale, backward, backwardScale } = matrix;
  const inputs = [x, forward, forwardScale, backward, backwardScale, zeroPoints];
  return graph.apply('QuantizedProduct', inputs, {})[0]!;
}

/** Replaces every composite product by ONNX operators, in place. Rows that several products read are quantised once. */
export function expandQuantized(graph: Graph): void {
  const nodes = graph.nodes.splice(0);
  const rows = new Map<string, { codes: Value; scale: Value }>();
  for (const node of nodes) {
    if (node.operator === 'QuantizedProduct') expand(graph, node, rows);
    else graph.nodes.push(node);
  }
}

function expand(graph: Graph, node: Node, rows: Map<string, { codes: Value; scale: Value }>): void {
  const [x, weight, weightScale] = node.inputs as [Value, Value, Value];
  const quantized = rows.get(x.name) ?? quantizeRows(graph, x, node.inputs[5] ?? null);
  rows.set(x.name, quantized);
  mul(graph, integerProduct(graph, quantized.codes, weight, weightScale), quantized.scale);
  graph.nodes.push({ ...graph.nodes.pop()!, outputs: node.outputs });
}

/** Codes 1 to 255 around 128 for each row, with the row's scale, [tokens, 1]. */
function quantizeRows(graph: Graph, x: Value, zeroPoints: Value | null): { codes: Value; scale: Value } {
  const scale = rowScale(graph, reduceMax(graph, absolute(graph, x), [1]));
  return { codes: encodeRows(graph, x, scale, zeroPoints), scale };
}

const scalar = (graph: Graph, value: number): Value => graph.constant('float32', [1], Float32Array.of(value));

/**
 * The scale that gives the largest magnitude of a row, [tokens, 1], the largest code. A row of zeros has the scale 0:
 * whatever codes the division makes of it, its product is multiplied by 0.
 */
function rowScale(graph: Graph, largest: Value): Value {
  return mul(graph, largest, scalar(graph, 1 / LARGEST_CODE));
}

/** The quantising operator takes scales and zero points of rows as [tokens]. */
function encodeRows(graph: Graph, x: Value, scale: Value, given: Value | null): Value {
  const tokens = scale.shape[0]!;
  const axes = graph.constant('int64', [1], BigInt64Array.of(1n));
  const [flat] = graph.apply('Squeeze', [scale, axes], {});
  const zeroPoints = given ?? graph.constant('uint8', [tokens], new Uint8Array(tokens).fill(ZERO_POINT));
  return graph.apply('QuantizeLinear', [x, flat!, zeroPoints], { axis: 0 })[0]!;
}

/** Exact 32-bit sums of codes times codes, times the weight's scales. */
function integerProduct(graph: Graph, codes: Value, weight: Value, weightScale: Value): Value {
  const one = graph.constant('float32', [], Float32Array.of(1));
  const zeroPoint = graph.constant('uint8', [], Uint8Array.of(ZERO_POINT));
  return graph.apply('MatMulIntegerToFloat', [codes, weight, one, weightScale, zeroPoint], {})[0]!;
}

defineOperators({
  QuantizedProduct: {
    domain: '',
    infer: (inputs) => {
      const [x, forward, , backward] = inputs;
      if (x!.shape[1] !== forward!.shape[0] || (backward && backward.shape[0] !== forward!.shape[1])) {
        throw shapeMismatch('QuantizedProduct', inputs, 'the inner sizes differ');
      }
      return [{ dtype: 'float32', shape: [x!.shape[0]!, forward!.shape[1]!] }];
    },
    vjp: (graph, { inputs: [, forward, forwardScale, backward, backwardScale] }, [dy]) => {
      const transposed = {
        forward: backward!,
        forwardScale: backwardScale!,
        backward: forward!,
        backwardScale: forwardScale!,
      };
      return [quantizedProduct(graph, dy!, transposed), null, null, null, null, null];
    },
  },
  Squeeze: { domain: '', infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape.slice(0, -1) }], vjp: null },
  // The codes are of the zero point's type.
  QuantizeLinear: {
    domain: '',
    infer: ([x, , zeroPoint]) => [{ dtype: zeroPoint!.dtype, shape: [...x!.shape] }],
    vjp: null,
  },
  MatMulIntegerToFloat: {
    domain: 'com.microsoft',
    infer: ([a, b]) => [{ dtype: 'float32', shape: [a!.shape[0]!, b!.shape[1]!] }],
    vjp: null,
  },
});
