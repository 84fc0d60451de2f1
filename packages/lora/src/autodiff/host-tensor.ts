import { LoraError } from '../errors.js';
import { ort } from './onnx-runtime.js';

/** A tensor in memory of ours that is fed to a session without a copy. */
export type HostTensor = ort.Tensor;

/** Wraps an array as an input of a graph. The array is not copied: the next run sees what was written to it since. */
export function hostTensor(
  data: Float32Array | BigInt64Array | Int32Array | Uint8Array | Int8Array,
  shape: readonly number[],
): HostTensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  if (data instanceof BigInt64Array) return new ort.Tensor('int64', data, shape);
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
  if (data instanceof Int8Array) return new ort.Tensor('int8', data, shape);
  return new ort.Tensor('uint8', data, shape);
}

/** The float32 elements of a tensor that a session returned. */
export function float32Of(tensor: HostTensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) {
    throw new LoraError('autodiff.run-failed', 'A result that should be float32 is missing.', {
      remedy: 'Report this as a bug of the graph builder.',
    });
  }
  return tensor.data;
}
