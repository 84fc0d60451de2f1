import { Graph } from '../../autodiff/graph.js';
import { hostTensor } from '../../autodiff/host-tensor.js';
import { GraphSession } from '../../autodiff/session.js';

/** Largest code of an activation. */
const ACTIVATION = 255;
/**
 * The two limits that are tried: all 8 bits, and 64, with which the sum of two products still fits into 16 bits: 2 *
 * 255 * 64 < 2^15.
 */
const CANDIDATES = [127, 64];

/** Sums of products of an activation's codes and a weight's: [rows, inner] x [inner, columns]. */
export type IntegerProduct = (
  activations: Uint8Array,
  weights: Int8Array,
  sizes: { rows: number; inner: number; columns: number },
) => Promise<Float32Array>;

/**
 * The largest code of a weight with which this CPU multiplies 8-bit integers exactly; null where it does with none.
 * Processors without VNNI add pairs of products in 16 bits, which silently overflows for large values. So the products
 * are tried with the largest values of either sign, and with one row and with many, for which ONNX Runtime has
 * different kernels.
 */
export async function largestExactWeight(product: IntegerProduct = onnxProduct): Promise<number | null> {
  for (const code of CANDIDATES) {
    if (await isExact(code, product)) return code;
  }
  return null;
}

async function isExact(code: number, product: IntegerProduct): Promise<boolean> {
  for (const rows of [1, 16]) {
    for (const weight of [code, -code]) {
      const sizes = { rows, inner: 64, columns: 32 };
      const activations = new Uint8Array(rows * sizes.inner).fill(ACTIVATION);
      const weights = new Int8Array(sizes.inner * sizes.columns).fill(weight);
      const sums = await product(activations, weights, sizes);
      if (!sums.every((sum) => sum === ACTIVATION * weight * sizes.inner)) return false;
    }
  }
  return true;
}

/** The operator that training uses, its weights packed as there. */
export const onnxProduct: IntegerProduct = async (activations, weights, { rows, inner, columns }) => {
  const graph = new Graph();
  const a = graph.input('a', 'uint8', [rows, inner]);
  const b = graph.input('b', 'int8', [inner, columns]);
  const scalar = graph.constant('float32', [], Float32Array.of(1));
  const scale = graph.constant('float32', [columns], new Float32Array(columns).fill(1));
  graph.output(graph.apply('MatMulIntegerToFloat', [a, b, scalar, scale], {})[0]!, 'y');
  async function* fixed() {
    yield ['b', hostTensor(weights, [inner, columns])] as const;
  }
  await using session = await GraphSession.create(graph, { threads: 1, fixed: fixed() });
  const { y } = await session.run({ a: hostTensor(activations, [rows, inner]) });
  return y!.data as Float32Array;
};
