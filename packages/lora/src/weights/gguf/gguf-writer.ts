import { LoraError } from '../../errors.js';
import { writeAtomically } from '../atomic-file.js';
import { appendTensor, storedBytes, type TensorData, writableFormat } from '../tensor-writer.js';
import { alignUp, DEFAULT_ALIGNMENT, GGUF_MAGIC, tensorTypeId, VALUE_TYPE } from './gguf-types.js';

/** A metadata value with the type it is stored as: GGUF readers ask for exact types. */
export type GgufValue =
  | { type: 'string'; value: string }
  | { type: 'bool'; value: boolean }
  | { type: 'uint8' | 'uint16' | 'uint32' | 'int32' | 'float32'; value: number }
  | { type: 'uint64'; value: number | bigint }
  | { type: 'array'; items: 'string'; value: readonly string[] }
  | { type: 'array'; items: 'bool'; value: readonly boolean[] }
  | { type: 'array'; items: 'uint32' | 'int32' | 'float32'; value: readonly number[] };

/** A tensor to be written; stored as `F32` unless `type` says `F16` or `Q8_0`. */
export interface GgufTensor extends TensorData {
  name: string;
  type?: 'F32' | 'F16' | 'Q8_0' | 'Q5_0';
}

/**
 * Writes a GGUF (version 3, little-endian, alignment 32), atomically. Order of keys and tensors is the caller's,
 * so equal input gives an equal file.
 * @throws LoraError `weights.write-failed`, `weights.unsupported-type`, `weights.wrong-shape`
 */
export async function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly GgufTensor[],
): Promise<void> {
  const planned = tensors.map((tensor) => {
    const type = tensor.type ?? 'F32';
    return { tensor, type, format: writableFormat(tensor.name, type, tensor) };
  });
  const header = [fileStart(tensors.length, metadata.size)];
  for (const [key, value] of metadata) header.push(metadataPair(key, value));
  let offset = 0;
  for (const { tensor, type, format } of planned) {
    header.push(tensorInfo(tensor, type, offset));
    offset = alignUp(offset + storedBytes(tensor, format), DEFAULT_ALIGNMENT);
  }
  await writeAtomically(path, async (append) => {
    await append(padded(Buffer.concat(header)));
    for (const { tensor, format } of planned) {
      await appendTensor(append, tensor, format);
      const bytes = storedBytes(tensor, format);
      await append(new Uint8Array(alignUp(bytes, DEFAULT_ALIGNMENT) - bytes));
    }
  });
}

/** The first bytes of a file (version 3). */
export function fileStart(tensorCount: number, pairCount: number): Buffer {
  return Buffer.concat([
    Buffer.from(GGUF_MAGIC, 'latin1'),
    uint32(3),
    uint64(tensorCount),
    uint64(pairCount),
  ]);
}

/** One key with its value. */
export function metadataPair(key: string, value: GgufValue): Buffer {
  return Buffer.concat([string(key), typedValue(value)]);
}

/** What the header says of one tensor; `offset` counts from where the tensor data begins. */
export function tensorInfo(
  { name, shape }: Pick<GgufTensor, 'name' | 'shape'>,
  type: string,
  offset: number,
): Buffer {
  const dimensions = [...shape].reverse();
  const parts = [string(name), uint32(dimensions.length), ...dimensions.map(uint64)];
  return Buffer.concat([...parts, uint32(tensorTypeId(type)), uint64(offset)]);
}

function typedValue(entry: GgufValue): Buffer {
  if (entry.type !== 'array') {
    return Buffer.concat([uint32(VALUE_TYPE[entry.type]), scalar(entry)]);
  }
  const items = arrayItems(entry);
  const types = [uint32(VALUE_TYPE.array), uint32(VALUE_TYPE[entry.items])];
  return Buffer.concat([...types, uint64(items.length), Buffer.concat(items)]);
}

type GgufArray = Extract<GgufValue, { type: 'array' }>;
type GgufScalar = Exclude<GgufValue, GgufArray>;

function arrayItems(entry: GgufArray): Buffer[] {
  if (entry.items === 'string') return entry.value.map(string);
  if (entry.items === 'bool') return entry.value.map((value) => scalar({ type: 'bool', value }));
  return entry.value.map((value) => scalar({ type: entry.items, value }));
}

function scalar({ type, value }: GgufScalar): Buffer {
  const bytes = Buffer.alloc(8);
  switch (type) {
    case 'string':
      return string(value);
    case 'bool':
      return Buffer.from([value ? 1 : 0]);
    case 'uint8':
      return Buffer.from([checkedInteger(value, 0, 255)]);
    case 'uint16':
      bytes.writeUInt16LE(checkedInteger(value, 0, 2 ** 16 - 1));
      return bytes.subarray(0, 2);
    case 'uint32':
      return uint32(checkedInteger(value, 0, 2 ** 32 - 1));
    case 'int32':
      bytes.writeInt32LE(checkedInteger(value, -(2 ** 31), 2 ** 31 - 1));
      return bytes.subarray(0, 4);
    case 'float32':
      bytes.writeFloatLE(value);
      return bytes.subarray(0, 4);
    case 'uint64':
      return uint64(value);
  }
}

function checkedInteger(value: unknown, low: number, high: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw new LoraError(
    'weights.wrong-value',
    `The metadata value ${value} is not between ${low} and ${high}.`,
    {
      remedy: 'This is a fault of the program: report it.',
    },
  );
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(alignUp(bytes.length, DEFAULT_ALIGNMENT) - bytes.length)]);
}
