import { LoraError } from '../../errors.js';
import { BLOCK_FORMATS } from '../blocks/block-formats.js';
import { elementCount } from '../element-count.js';
import { corrupt, truncated } from '../range-file.js';
import { printable, refuseOverlaps, type TensorPlace } from '../tensor-places.js';
import type { StoredTensor } from '../tensor-reader.js';
import type { MetadataValue } from '../weight-source.js';
import { GgufCursor } from './gguf-cursor.js';
import { alignUp, DEFAULT_ALIGNMENT, GGUF_MAGIC, TENSOR_TYPE_NAMES, VALUE_TYPE } from './gguf-types.js';

/** Everything of a GGUF before its tensor data. */
export interface GgufHeader {
  version: number;
  metadata: Map<string, MetadataValue>;
  tensors: Map<string, StoredTensor>;
  /** Where each metadata pair lies in the file, key and all: what is copied need not be understood. */
  pairPlaces: Map<string, { start: number; end: number }>;
  /** Of the tensor data, in bytes. */
  alignment: number;
}

// Caps on what a file may claim, so that a hostile one can neither exhaust memory nor take for ever.
const MAX_METADATA_PAIRS = 65_536; // models carry 20 to 60
const MAX_TENSORS = 131_072; // the largest mixtures of experts carry a few thousand
const MAX_NAME_BYTES = 65_535; // the specification's limit for keys; ggml's tensor names end at 64
const MAX_STRING_BYTES = 16 << 20; // the longest real one is a chat template of some 10 kB
// Over all arrays: a vocabulary of 256 Ki with types, scores and 512 Ki merges is 1.3 Mi
const MAX_ARRAY_ITEMS = 4 << 20;
const MAX_ARRAY_DEPTH = 4; // nesting is legal and unused
const MAX_DIMENSIONS = 4; // GGML_MAX_DIMS
const MAX_ALIGNMENT = 65_536; // real files use 32
const MIN_PAIR_BYTES = 13; // length of the key, type, one byte of value
const MIN_TENSOR_BYTES = 32; // length of the name, dimension count, one dimension, type, offset

/**
 * Parses the header of a GGUF (version 2 or 3, little-endian) after the specification of ggml/docs/gguf.md.
 * Shapes come row-major: GGUF stores the fastest dimension first, so they are reversed.
 * @param bytes the beginning of the file; need not hold the whole header
 * @throws HeaderNeedsMore when `bytes` ends before the header
 * @throws LoraError `weights.not-gguf`, `weights.unsupported-version`, `weights.truncated`, `weights.corrupt`
 */
export function parseGgufHeader(path: string, bytes: Uint8Array, fileSize: number): GgufHeader {
  const cursor = new GgufCursor(path, bytes, fileSize);
  const version = readVersion(cursor, fileSize);
  const tensorCount = cursor.count('number of tensors', MAX_TENSORS);
  const pairCount = cursor.count('number of metadata pairs', MAX_METADATA_PAIRS);
  if (!cursor.fits(pairCount, MIN_PAIR_BYTES) || !cursor.fits(tensorCount, MIN_TENSOR_BYTES)) {
    throw truncated(path, pairCount * MIN_PAIR_BYTES + tensorCount * MIN_TENSOR_BYTES, fileSize);
  }
  const { metadata, pairPlaces } = readMetadata(cursor, pairCount);
  const tensors = readTensorInfos(cursor, tensorCount);
  const alignment = alignmentOf(path, metadata);
  const dataStart = alignUp(cursor.position, alignment);
  for (const tensor of tensors.values()) {
    if (tensor.position % alignment !== 0) {
      throw corrupt(path, `the tensor "${tensor.name}" does not begin at a multiple of ${alignment} bytes`);
    }
    tensor.position += dataStart;
  }
  checkPlaces(path, tensors, fileSize);
  return { version, metadata, tensors, pairPlaces, alignment };
}

function readVersion(cursor: GgufCursor, fileSize: number): number {
  const path = cursor.path;
  const magic = fileSize < 4 ? '' : cursor.latin1(4);
  if (magic !== GGUF_MAGIC) {
    throw new LoraError('weights.not-gguf', `The file ${path} is not a GGUF.`, {
      remedy: 'Give a model in GGUF format; such a file begins with the letters GGUF.',
      details: { path },
    });
  }
  const version = cursor.uint32();
  if (version === 2 || version === 3) return version;
  // The version's bytes come reversed in a file written for a big-endian machine.
  const problem = version % 65_536 === 0 ? 'big-endian' : `of version ${version}`;
  throw new LoraError('weights.unsupported-version', `The file ${path} is a GGUF ${problem}.`, {
    remedy: 'Convert the model again with a current llama.cpp: versions 2 and 3, little-endian, can be read.',
    details: { path, version },
  });
}

function readMetadata(cursor: GgufCursor, count: number): Pick<GgufHeader, 'metadata' | 'pairPlaces'> {
  const metadata = new Map<string, MetadataValue>();
  const pairPlaces: GgufHeader['pairPlaces'] = new Map();
  const budget = { items: MAX_ARRAY_ITEMS };
  for (let i = 0; i < count; i++) {
    const start = cursor.position;
    const key = cursor.string('length of a key', MAX_NAME_BYTES);
    if (metadata.has(key)) throw corrupt(cursor.path, `the key "${printable(key)}" occurs twice`);
    metadata.set(key, readValue(cursor, cursor.uint32(), budget, 0));
    pairPlaces.set(key, { start, end: cursor.position });
  }
  return { metadata, pairPlaces };
}

function readValue(
  cursor: GgufCursor,
  type: number,
  budget: { items: number },
  depth: number,
): MetadataValue {
  switch (type) {
    case VALUE_TYPE.uint8:
      return cursor.uint8();
    case VALUE_TYPE.int8:
      return cursor.int8();
    case VALUE_TYPE.uint16:
      return cursor.uint16();
    case VALUE_TYPE.int16:
      return cursor.int16();
    case VALUE_TYPE.uint32:
      return cursor.uint32();
    case VALUE_TYPE.int32:
      return cursor.int32();
    case VALUE_TYPE.float32:
      return cursor.float32();
    case VALUE_TYPE.bool:
      return cursor.uint8() !== 0;
    case VALUE_TYPE.string:
      return cursor.string('length of a string', MAX_STRING_BYTES);
    case VALUE_TYPE.array:
      return readArray(cursor, budget, depth);
    case VALUE_TYPE.uint64:
      return cursor.uint64();
    case VALUE_TYPE.int64:
      return cursor.int64();
    case VALUE_TYPE.float64:
      return cursor.float64();
    default:
      throw corrupt(cursor.path, `it holds a metadata value of the unknown type ${type}`, { type });
  }
}

function readArray(cursor: GgufCursor, budget: { items: number }, depth: number): MetadataValue[] {
  if (depth >= MAX_ARRAY_DEPTH) throw corrupt(cursor.path, 'its metadata arrays are nested too deeply');
  const type = cursor.uint32();
  const length = cursor.count('length of an array', budget.items);
  if (!cursor.fits(length, 1)) throw truncated(cursor.path, cursor.position + length, cursor.fileSize);
  budget.items -= length;
  const values: MetadataValue[] = [];
  for (let i = 0; i < length; i++) values.push(readValue(cursor, type, budget, depth + 1));
  return values;
}

/** Tensor infos with `position` still relative to the tensor data. */
function readTensorInfos(cursor: GgufCursor, count: number): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (let i = 0; i < count; i++) {
    const name = cursor.string('length of a tensor name', MAX_NAME_BYTES);
    if (tensors.has(name)) throw corrupt(cursor.path, `the tensor "${printable(name)}" occurs twice`);
    const dimensions = cursor.uint32();
    if (dimensions > MAX_DIMENSIONS) {
      throw corrupt(cursor.path, `the tensor "${printable(name)}" has ${dimensions} dimensions`);
    }
    const shape: number[] = [];
    for (let d = 0; d < dimensions; d++) {
      shape.unshift(cursor.count(`dimension of "${printable(name)}"`, Number.MAX_SAFE_INTEGER));
    }
    const typeId = cursor.uint32();
    const position = cursor.count(`offset of "${printable(name)}"`, Number.MAX_SAFE_INTEGER);
    tensors.set(name, { name, type: TENSOR_TYPE_NAMES.get(typeId) ?? `type ${typeId}`, shape, position });
  }
  return tensors;
}

function alignmentOf(path: string, metadata: Map<string, MetadataValue>): number {
  const value = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  // ggml asks for a power of two; the cap keeps the sums below exact.
  if (
    typeof value !== 'number' ||
    value < 1 ||
    value > MAX_ALIGNMENT ||
    !Number.isInteger(Math.log2(value))
  ) {
    throw corrupt(path, `its alignment is ${typeof value === 'number' ? value : 'not a number'}`);
  }
  return value;
}

/** Every tensor of a known type lies inside the file, in whole blocks, and no two overlap. */
function checkPlaces(path: string, tensors: Map<string, StoredTensor>, fileSize: number): void {
  const places: TensorPlace[] = [];
  for (const { name, type, shape, position } of tensors.values()) {
    const format = BLOCK_FORMATS.get(type);
    const elements = elementCount(shape);
    // Types that cannot be read have no known size: they fail when they are asked for, not before.
    if (format === undefined) continue;
    const described = `the tensor "${printable(name)}" of type ${type} has the shape [${shape}]`;
    if (elements < 1 || !Number.isSafeInteger(elements)) throw corrupt(path, described);
    if ((shape.at(-1) ?? 1) % format.blockSize !== 0) {
      throw corrupt(path, `${described}, whose rows are not made of blocks of ${format.blockSize}`);
    }
    const end = position + (elements / format.blockSize) * format.bytesPerBlock;
    if (end > fileSize) throw truncated(path, end, fileSize);
    places.push({ name, start: position, end });
  }
  refuseOverlaps(path, places);
}
