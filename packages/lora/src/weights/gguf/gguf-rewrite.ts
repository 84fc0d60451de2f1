import { type Append, writeAtomically } from '../atomic-file.js';
import { BLOCK_FORMATS } from '../blocks/block-formats.js';
import { Q5_0_BYTES, Q8_0_BYTES, widenQ5_0 } from '../blocks/widen-q5.js';
import { elementCount } from '../element-count.js';
import { RangeFile } from '../range-file.js';
import { findTensor, readTensorFloat32, type StoredTensor, unsupportedType } from '../tensor-reader.js';
import { appendTensor, writableFormat } from '../tensor-writer.js';
import { readHeader } from './gguf-file.js';
import { alignUp } from './gguf-types.js';
import { fileStart, type GgufValue, metadataPair, tensorInfo } from './gguf-writer.js';
import { partCount, splitFile } from './split-gguf.js';

/** Bytes copied at once. */
const COPY_BYTES = 4 << 20;
const BLOCKS_AT_ONCE = 1 << 16;

/** What is to be different in the copy. */
export interface GgufChanges {
  /** Metadata that takes the place of the pair with its key, or comes after the others. */
  metadata: ReadonlyMap<string, GgufValue>;
  /** Storage of a changed tensor, by the one that it has; one that this package writes. */
  typeOf: (own: string) => string;
  /** New values by tensor name, in place of the old ones, which are given dequantised (and may be written to). */
  tensors: ReadonlyMap<string, (values: Float32Array) => void>;
  /** Tensors in Q5_0 that are spelled as Q8_0. Defaults to none. */
  widened?: ReadonlySet<string>;
  signal?: AbortSignal | undefined;
}

/**
 * Copies a GGUF with some tensors changed. All else, also metadata and storage types that this package does not know,
 * is copied byte for byte. One tensor is in memory at a time; the copy is put in place when it is whole.
 * @throws LoraError `weights.unknown-tensor`, `weights.unsupported-type`, `weights.split-file`, `weights.write-failed`,
 *   and what `openGguf` throws
 */
export async function rewriteGguf(from: string, to: string, changes: GgufChanges): Promise<void> {
  await using file = await RangeFile.open(from);
  const { metadata, tensors, pairPlaces, alignment } = await readHeader(file);
  if (partCount(metadata) > 1) throw splitFile(from, ' and cannot be copied alone');
  for (const name of changes.tensors.keys()) findTensor(tensors, name, from);
  const pairs: Buffer[] = [];
  for (const [key, { start, end }] of pairPlaces) {
    if (!changes.metadata.has(key)) pairs.push(await bytesOf(file, start, end));
  }
  for (const [key, value] of changes.metadata) pairs.push(metadataPair(key, value));
  const planned = [...tensors.values()].map((tensor) => {
    const own = changes.widened?.has(tensor.name) ? 'Q8_0' : tensor.type;
    const type = changes.tensors.has(tensor.name) ? changes.typeOf(tensor.type) : own;
    return { tensor, type, bytes: storedBytes(from, tensor, type) };
  });
  const infos: Buffer[] = [];
  let offset = 0;
  for (const { tensor, type, bytes } of planned) {
    infos.push(tensorInfo(tensor, type, offset));
    offset = alignUp(offset + bytes, alignment);
  }
  const header = Buffer.concat([fileStart(planned.length, pairs.length), ...pairs, ...infos]);
  await writeAtomically(to, async (append) => {
    await append(header);
    await append(padding(header.length, alignment));
    for (const { tensor, type, bytes } of planned) {
      changes.signal?.throwIfAborted();
      const change = changes.tensors.get(tensor.name);
      if (change === undefined && type !== tensor.type) await appendWidened(file, tensor, append);
      else if (change === undefined) await copy(file, tensor.position, bytes, append);
      else await appendChanged(file, tensor, type, change, append);
      await append(padding(bytes, alignment));
    }
  });
}

async function appendChanged(
  file: RangeFile,
  tensor: StoredTensor,
  type: string,
  change: (values: Float32Array) => void,
  append: Append,
): Promise<void> {
  const data = await readTensorFloat32(file, tensor);
  change(data);
  const written = { shape: tensor.shape, data };
  await appendTensor(append, written, writableFormat(tensor.name, type, written));
}

async function appendWidened(file: RangeFile, tensor: StoredTensor, append: Append): Promise<void> {
  const blocks = storedBytes(file.path, tensor, tensor.type) / Q5_0_BYTES;
  for (let done = 0; done < blocks; done += BLOCKS_AT_ONCE) {
    const count = Math.min(BLOCKS_AT_ONCE, blocks - done);
    const from = new Uint8Array(count * Q5_0_BYTES);
    await file.read(tensor.position + done * Q5_0_BYTES, from);
    const to = new Uint8Array(count * Q8_0_BYTES);
    widenQ5_0(from, to);
    await append(to);
  }
}

async function copy(file: RangeFile, start: number, bytes: number, append: Append): Promise<void> {
  const buffer = new Uint8Array(Math.min(bytes, COPY_BYTES));
  for (let done = 0; done < bytes; done += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, bytes - done));
    await file.read(start + done, part);
    await append(part);
  }
}

async function bytesOf(file: RangeFile, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  await file.read(start, bytes);
  return bytes;
}

function storedBytes(path: string, tensor: StoredTensor, type: string): number {
  const format = BLOCK_FORMATS.get(type);
  if (format === undefined) throw unsupportedType(path, tensor);
  return (elementCount(tensor.shape) / format.blockSize) * format.bytesPerBlock;
}

function padding(length: number, alignment: number): Uint8Array {
  return new Uint8Array(alignUp(length, alignment) - length);
}
