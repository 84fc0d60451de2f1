import { LoraError } from '../../errors.js';
import { BLOCK_FORMATS } from '../blocks/block-formats.js';
import { elementCount } from '../element-count.js';
import { openWeightsFile } from '../open-weights-file.js';
import { corrupt, type RangeFile, truncated } from '../range-file.js';
import { printable, refuseOverlaps, type TensorPlace } from '../tensor-places.js';
import type { StoredTensor } from '../tensor-reader.js';
import type { MetadataValue, WeightSource } from '../weight-source.js';

// Caps on what a file may claim. The reference allows headers of 100 MB; parsing such a JSON takes a gigabyte.
const MAX_HEADER_BYTES = 16 << 20; // 131,072 tensors at 128 bytes of JSON each
const MAX_TENSORS = 131_072; // the largest mixtures of experts carry some 50,000 in one file

/** Bytes of one element; types that are not here keep their place unchecked but for its being inside the file. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['U16', 2],
  ['I16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['U32', 4],
  ['I32', 4],
  ['F32', 4],
  ['U64', 8],
  ['I64', 8],
  ['F64', 8],
]);

/**
 * Opens a safetensors file and reads its header; tensors (F32, F16, BF16) are read when asked for. Close it after use.
 * Format: 8 bytes little-endian header length, JSON header, tensor data.
 * @throws LoraError `weights.not-found`, `weights.unreadable`, `weights.not-safetensors`, `weights.truncated`,
 *   `weights.corrupt`
 */
export async function openSafetensors(path: string): Promise<WeightSource> {
  return openWeightsFile(path, 'safetensors', async (file) => {
    const { header, dataStart } = await readHeader(file);
    return {
      metadata: readMetadata(path, header.__metadata__),
      tensors: readTensors(file, header, dataStart),
    };
  });
}

async function readHeader(file: RangeFile): Promise<{ header: Record<string, unknown>; dataStart: number }> {
  if (file.size < 8) throw notSafetensors(file.path);
  const prefix = Buffer.alloc(8);
  await file.read(0, prefix);
  const length = Number(prefix.readBigUInt64LE());
  if (length > MAX_HEADER_BYTES || length < 2) throw notSafetensors(file.path);
  if (8 + length > file.size) throw truncated(file.path, 8 + length, file.size);
  const bytes = Buffer.alloc(length);
  await file.read(8, bytes);
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw notSafetensors(file.path, cause);
  }
  if (!isRecord(header)) throw notSafetensors(file.path);
  return { header, dataStart: 8 + length };
}

function readMetadata(path: string, value: unknown): Map<string, MetadataValue> {
  if (value === undefined) return new Map();
  if (!isRecord(value)) throw corrupt(path, 'its metadata are not an object');
  const metadata = new Map<string, MetadataValue>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw corrupt(path, `its metadata "${printable(key)}" is not a string`);
    metadata.set(key, text);
  }
  return metadata;
}

function readTensors(
  file: RangeFile,
  header: Record<string, unknown>,
  dataStart: number,
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const places: TensorPlace[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (tensors.size >= MAX_TENSORS) throw corrupt(file.path, `it has more than ${MAX_TENSORS} tensors`);
    const { type, shape, start, end } = readEntry(file.path, name, entry);
    if (dataStart + end > file.size) throw truncated(file.path, dataStart + end, file.size);
    tensors.set(name, { name, type, shape, position: dataStart + start });
    places.push({ name, start, end });
  }
  refuseOverlaps(file.path, places);
  return tensors;
}

function readEntry(
  path: string,
  name: string,
  entry: unknown,
): { type: string; shape: number[]; start: number; end: number } {
  const wrong = (what: string) => corrupt(path, `the tensor "${printable(name)}" has ${what}`);
  if (!isRecord(entry)) throw wrong('no description');
  const { dtype: type, shape, data_offsets: offsets } = entry;
  if (typeof type !== 'string') throw wrong('no type');
  if (!isCounts(shape) || shape.length > 8) throw wrong('no proper shape');
  if (!isCounts(offsets) || offsets.length !== 2) throw wrong('no proper offsets');
  const [start, end] = offsets as [number, number];
  if (end < start) throw wrong('offsets that run backwards');
  const elementBytes = ELEMENT_BYTES.get(type);
  // Block formats have no place in this format; of a type that nobody knows, nothing is ever read.
  if (elementBytes === undefined && BLOCK_FORMATS.has(type)) throw wrong(`the type ${type}`);
  if (elementBytes !== undefined && elementCount(shape) * elementBytes !== end - start) {
    throw wrong(`the shape [${shape}] of ${printable(type)} but ${end - start} bytes`);
  }
  return { type, shape, start, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function notSafetensors(path: string, cause?: unknown): LoraError {
  return new LoraError('weights.not-safetensors', `The file ${path} is not a safetensors file.`, {
    remedy: 'Give a file in safetensors format, or download it again if it should be one.',
    details: { path },
    cause,
  });
}
