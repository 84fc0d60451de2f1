import type { Graph, Value } from '../graph.js';
import { defineOperators } from '../graph.js';
import { shapeMismatch } from '../shape-rules.js';

/** How a product reads its operands. */
export interface ProductOptions {
  /** Use the transpose of the first operand's last two axes. Defaults to false. */
  transA?: boolean;
  /** Use the transpose of the second operand's last two axes. Defaults to false. */
  transB?: boolean;
  /** Factor of the product. Defaults to 1. */
  alpha?: number;
}

const attributesOf = ({ transA, transB, alpha }: ProductOptions) => ({
  transA: transA ? 1 : 0,
  transB: transB ? 1 : 0,
  alpha: { float: alpha ?? 1 },
});

/** alpha * op(a) op(b) + c for matrices; c is absent or broadcasts to the result. ONNX Gemm with beta 1. */
export function gemm(graph: Graph, a: Value, b: Value, options: ProductOptions = {}, c?: Value): Value {
  return graph.apply('Gemm', c ? [a, b, c] : [a, b], attributesOf(options))[0]!;
}

/** alpha * op(a) op(b) over equal leading axes: ONNX Runtime's FusedMatMul. */
export function matmul(graph: Graph, a: Value, b: Value, options: ProductOptions = {}): Value {
  return graph.apply('FusedMatMul', [a, b], attributesOf(options))[0]!;
}

const productShape = (
  operator: string,
  inputs: readonly (Value | null)[],
  attributes: Record<string, unknown>,
): number[] => {
  const [a, b] = inputs as [Value, Value];
  const batch = a.shape.slice(0, -2);
  if (
    a.shape.length < 2 ||
    a.shape.length !== b.shape.length ||
    batch.some((size, i) => size !== b.shape[i])
  ) {
    throw shapeMismatch(operator, inputs, 'the leading axes differ');
  }
  const [rowsA, columnsA] = attributes.transA
    ? [a.shape.at(-1)!, a.shape.at(-2)!]
    : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [rowsB, columnsB] = attributes.transB
    ? [b.shape.at(-1)!, b.shape.at(-2)!]
    : [b.shape.at(-2)!, b.shape.at(-1)!];
  if (columnsA !== rowsB)
    throw shapeMismatch(operator, inputs, `inner sizes ${columnsA} and ${rowsB} differ`);
  return [...batch, rowsA, columnsB];
};

type Product = (graph: Graph, a: Value, b: Value, options: ProductOptions) => Value;

/**
 * Both operands' gradients of Y = alpha op(A) op(B). Each is again one product without a transpose of its own:
 * dA = dY op(B)^T, or its transpose op(B) dY^T when A was read transposed; likewise dB = op(A)^T dY.
 */
function productGradients(
  product: Product,
  graph: Graph,
  [a, b]: readonly (Value | null)[],
  attributes: Readonly<Record<string, unknown>>,
  dy: Value,
  wanted: readonly boolean[],
): [Value | null, Value | null] {
  const transA = attributes.transA === 1;
  const transB = attributes.transB === 1;
  const { float: alpha } = attributes.alpha as { float: number };
  const gradientA = () =>
    transA
      ? product(graph, b!, dy, { transA: transB, transB: true, alpha })
      : product(graph, dy, b!, { transB: !transB, alpha });
  const gradientB = () =>
    transB
      ? product(graph, dy, a!, { transA: true, transB: transA, alpha })
      : product(graph, a!, dy, { transA: !transA, alpha });
  return [wanted[0] ? gradientA() : null, wanted[1] ? gradientB() : null];
}

defineOperators({
  Gemm: {
    domain: '',
    infer: (inputs, attributes) => {
      if (inputs[0]!.shape.length !== 2) throw shapeMismatch('Gemm', inputs, 'it multiplies matrices');
      return [{ dtype: inputs[0]!.dtype, shape: productShape('Gemm', inputs, attributes) }];
    },
    vjp: (graph, { inputs, attributes }, [dy], wanted) => [
      ...productGradients(gemm, graph, inputs, attributes, dy!, wanted),
      ...(inputs.length > 2 ? [wanted[2] ? dy! : null] : []),
    ],
  },
  FusedMatMul: {
    domain: 'com.microsoft',
    infer: (inputs, attributes) => [
      { dtype: inputs[0]!.dtype, shape: productShape('FusedMatMul', inputs, attributes) },
    ],
    vjp: (graph, { inputs, attributes }, [dy], wanted) =>
      productGradients(matmul, graph, inputs, attributes, dy!, wanted),
  },
});
