import { ort } from './onnx-runtime.js';

// c = a x b over 2 x 2 float32 matrices, as an ONNX file (opset 13).
const MATMUL_MODEL =
  'CAg6WQoRCgFhCgFiEgFjIgZNYXRNdWwSBXByb2JlWhMKAWESDgoMCAESCAoCCAIKAggCWhMKAWISDgoMCAESCAoCCAIKAggCYhMKAWMSDgoMCAESCAoCCAIKAggCQgIQDQ==';

/**
 * Loads ONNX Runtime and has it multiply two small matrices.
 * @returns its version
 * @throws Error where it does not load, or multiplies wrongly
 */
export async function probeRuntime(): Promise<string> {
  const session = await ort.InferenceSession.create(Buffer.from(MATMUL_MODEL, 'base64'));
  const matrix = new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
  const { c } = await session.run({ a: matrix, b: matrix });
  const product = [...((c?.data ?? []) as Float32Array)].join(' ');
  if (product !== '7 10 15 22') throw new Error(`2 x 2 matrix product is wrong: ${product}`);
  return ort.env.versions.node ?? 'unknown version';
}
