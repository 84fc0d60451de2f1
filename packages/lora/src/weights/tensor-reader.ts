import { LoraError } from '../errors.js';
import { BLOCK_FORMATS } from './blocks/block-formats.js';
import { elementCount } from './element-count.js';
import type { RangeFile } from './range-file.js';
import type { TensorInfo } from './weight-source.js';

/** Bytes read at once. Small enough to stay in the processor's cache while it is dequantised. */
const RANGE_BYTES = 1 << 20;

/** A tensor and where its bytes begin in the file. */
export interface StoredTensor extends TensorInfo {
  position: number;
}

/**
 * Finds a tensor by name.
 * @throws LoraError `weights.unknown-tensor`
 */
export function findTensor<T extends TensorInfo>(
  tensors: ReadonlyMap<string, T>,
  name: string,
  path: string,
): T {
  const tensor = tensors.get(name);
  if (tensor === undefined) {
    throw new LoraError('weights.unknown-tensor', `The file ${path} has no tensor "${name}".`, {
      remedy: 'Check that the file is a complete model of a supported architecture.',
      details: { path, name, tensorCount: tensors.size },
    });
  }
  return tensor;
}

/** The error for a storage type that this package does not know. */
export function unsupportedType(path: string, { name, type }: TensorInfo): LoraError {
  return new LoraError(
    'weights.unsupported-type',
    `The tensor "${name}" of ${path} is stored as ${type}, which is not supported.`,
    {
      remedy: `Use the model in another quantisation, one of ${[...BLOCK_FORMATS.keys()].join(', ')}.`,
      details: { path, name, type },
    },
  );
}

/**
 * Reads and dequantises one tensor in bounded ranges.
 * @param into float32, row-major; its length must be the element count; allocated when absent
 * @throws LoraError `weights.unsupported-type`, `weights.truncated`, `weights.wrong-length`
 */
export async function readTensorFloat32(
  file: RangeFile,
  tensor: StoredTensor,
  into?: Float32Array,
): Promise<Float32Array> {
  const format = BLOCK_FORMATS.get(tensor.type);
  if (format === undefined) throw unsupportedType(file.path, tensor);
  const elements = elementCount(tensor.shape);
  const target = into ?? new Float32Array(elements);
  if (target.length !== elements) {
    throw new LoraError(
      'weights.wrong-length',
      `The tensor "${tensor.name}" has ${elements} elements, the array given for it ${target.length}.`,
      { remedy: 'This is a fault of the program: report it.', details: { name: tensor.name } },
    );
  }
  const blocks = elements / format.blockSize;
  const blocksPerRange = Math.floor(RANGE_BYTES / format.bytesPerBlock);
  const buffer = new Uint8Array(Math.min(blocks, blocksPerRange) * format.bytesPerBlock);
  for (let block = 0; block < blocks; block += blocksPerRange) {
    const count = Math.min(blocksPerRange, blocks - block);
    const range = buffer.subarray(0, count * format.bytesPerBlock);
    await file.read(tensor.position + block * format.bytesPerBlock, range);
    format.dequantize(range, target, block * format.blockSize, count);
  }
  return target;
}

/**
 * Reads and dequantises some rows of a matrix; rows that are neighbours in the file are read together.
 * @param rows indices of rows, in any order
 * @returns float32 [rows.length, columns]
 * @throws LoraError `weights.unsupported-type`, `weights.no-such-row`, `weights.truncated`
 */
export async function readRowsFloat32(
  file: RangeFile,
  tensor: StoredTensor,
  rows: Int32Array,
): Promise<Float32Array> {
  const format = BLOCK_FORMATS.get(tensor.type);
  if (format === undefined) throw unsupportedType(file.path, tensor);
  const [count, columns] = tensor.shape as [number, number];
  const missing = rows.find((row) => row < 0 || row >= count);
  if (missing !== undefined) throw noSuchRow(tensor, missing);
  const blocks = columns / format.blockSize;
  const rowBytes = blocks * format.bytesPerBlock;
  const distinct = Int32Array.from(new Set(rows)).sort();
  const stored = new Uint8Array(distinct.length * rowBytes);
  const reads: Promise<void>[] = [];
  for (let start = 0, end = 1; start < distinct.length; start = end++) {
    while (distinct[end] === distinct[end - 1]! + 1) end++;
    const neighbours = stored.subarray(start * rowBytes, end * rowBytes);
    reads.push(file.read(tensor.position + distinct[start]! * rowBytes, neighbours));
  }
  await Promise.all(reads);
  const places = new Map([...distinct].map((row, index) => [row, index * rowBytes]));
  const target = new Float32Array(rows.length * columns);
  for (const [at, row] of rows.entries()) {
    format.dequantize(stored.subarray(places.get(row)), target, at * columns, blocks);
  }
  return target;
}

function noSuchRow({ name, shape }: TensorInfo, row: number): LoraError {
  return new LoraError(
    'weights.no-such-row',
    `The tensor "${name}" has ${shape[0]} rows; row ${row} was asked for.`,
    {
      remedy: 'Encode the text with the tokenizer of this base model.',
      details: { name, row },
    },
  );
}
