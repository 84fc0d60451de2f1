import { LoraError } from '../errors.js';
import type { Append } from './atomic-file.js';
import { BLOCK_FORMATS, type BlockFormat, type Quantize } from './blocks/block-formats.js';
import { elementCount } from './element-count.js';

/** Bytes encoded at once, so that a big tensor is never held twice. */
const RANGE_BYTES = 1 << 20;

/** A tensor's values and row-major shape, to be written. */
export interface TensorData {
  shape: readonly number[];
  data: Float32Array;
}

/** A format that can be written. */
export type WritableFormat = BlockFormat & { quantize: Quantize };

/**
 * The block format of a type that this package writes, after checking that the tensor fits it.
 * @throws LoraError `weights.unsupported-type`, `weights.wrong-shape`
 */
export function writableFormat(name: string, type: string, tensor: TensorData): WritableFormat {
  const format = BLOCK_FORMATS.get(type);
  if (format?.quantize === undefined) {
    throw new LoraError('weights.unsupported-type', `Tensors cannot be written as ${type}.`, {
      remedy: 'Use F32, F16 or Q8_0.',
      details: { name, type },
    });
  }
  const elements = elementCount(tensor.shape);
  if (elements !== tensor.data.length || (tensor.shape.at(-1) ?? 1) % format.blockSize !== 0) {
    throw new LoraError(
      'weights.wrong-shape',
      `The tensor "${name}" of ${tensor.data.length} values cannot be written as ${type} of shape [${tensor.shape}].`,
      { remedy: 'This is a fault of the program: report it.', details: { name, type, shape: tensor.shape } },
    );
  }
  return format as WritableFormat;
}

/** Whether tensors can be written in a type. */
export function isWritable(type: string): boolean {
  return BLOCK_FORMATS.get(type)?.quantize !== undefined;
}

/** Size of a tensor in a format, in bytes. */
export function storedBytes(tensor: TensorData, format: BlockFormat): number {
  return (tensor.data.length / format.blockSize) * format.bytesPerBlock;
}

/** Encodes a tensor and appends it in bounded ranges. */
export async function appendTensor(
  append: Append,
  tensor: TensorData,
  format: WritableFormat,
): Promise<void> {
  const blocks = tensor.data.length / format.blockSize;
  const blocksPerRange = Math.floor(RANGE_BYTES / format.bytesPerBlock);
  const buffer = new Uint8Array(Math.min(blocks, blocksPerRange) * format.bytesPerBlock);
  for (let block = 0; block < blocks; block += blocksPerRange) {
    const count = Math.min(blocksPerRange, blocks - block);
    format.quantize(tensor.data, block * format.blockSize, buffer, count);
    await append(buffer.subarray(0, count * format.bytesPerBlock));
  }
}
