import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Bytes of a key: the first 16 of a sha256, which no two texts share by chance. */
const KEY_BYTES = 16;
const MAGIC = Buffer.from('CGVEC001');
const HEADER_BYTES = 16;
const ENTRY_BYTES = KEY_BYTES + 4;
/** More than any segment we write; a count read from a damaged file must not allocate without bound. */
const MAX_VECTORS = 1_000_000;
export const SEGMENT_SUFFIX = '.vectors';

/** The key of a text under a model: embeddings of different models never meet. */
export function vectorKey(model: string, text: string): string {
  const hash = createHash('sha256').update(model).update('\0').update(text);
  return hash.digest('hex').slice(0, KEY_BYTES * 2);
}

/** Where a segment holds a vector. */
export interface VectorPlace {
  position: number;
  /** Checksum of the vector's bytes. */
  checksum: number;
}

/**
 * An immutable file of vectors: magic, dimension and count (u32 little-endian), then count x (16-byte key, CRC-32),
 * then count x dimension float32. Written under a temporary name and renamed, so it is whole or not there.
 */
export interface VectorSegment {
  file: string;
  dimension: number;
  entries: Map<string, VectorPlace>;
}

/** Writes a segment with a random name into `directory` and gives it back as opened. */
export async function writeSegment(
  directory: string,
  dimension: number,
  vectors: ReadonlyMap<string, Float32Array>,
): Promise<VectorSegment> {
  const header = Buffer.alloc(HEADER_BYTES + vectors.size * ENTRY_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(dimension, 8);
  header.writeUInt32LE(vectors.size, 12);
  const body = Buffer.alloc(vectors.size * dimension * 4);
  const entries = new Map<string, VectorPlace>();
  let position = 0;
  for (const [key, vector] of vectors) {
    const bytes = body.subarray(position * dimension * 4, (position + 1) * dimension * 4);
    for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
    const checksum = crc32(bytes);
    header.write(key, HEADER_BYTES + position * ENTRY_BYTES, 'hex');
    header.writeUInt32LE(checksum, HEADER_BYTES + position * ENTRY_BYTES + KEY_BYTES);
    entries.set(key, { position, checksum });
    position++;
  }
  const file = join(directory, `${randomBytes(8).toString('hex')}${SEGMENT_SUFFIX}`);
  const forming = `${file}.tmp`;
  try {
    await writeFile(forming, Buffer.concat([header, body]));
    await rename(forming, file);
  } catch (error) {
    await rm(forming, { force: true }).catch(() => undefined);
    throw error;
  }
  return { file, dimension, entries };
}

/** Opens a segment; null when the file is not one, is of another dimension, or is damaged. */
export async function openSegment(file: string, dimension: number): Promise<VectorSegment | null> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file, 'r');
    const { size } = await handle.stat();
    const header = await readExactly(handle, 0, HEADER_BYTES);
    const count = header.readUInt32LE(12);
    if (!header.subarray(0, 8).equals(MAGIC) || header.readUInt32LE(8) !== dimension) return null;
    if (count > MAX_VECTORS || size !== HEADER_BYTES + count * (ENTRY_BYTES + dimension * 4)) return null;
    const table = await readExactly(handle, HEADER_BYTES, count * ENTRY_BYTES);
    const entries = new Map<string, VectorPlace>();
    for (let position = 0; position < count; position++) {
      const at = position * ENTRY_BYTES;
      const checksum = table.readUInt32LE(at + KEY_BYTES);
      entries.set(table.toString('hex', at, at + KEY_BYTES), { position, checksum });
    }
    return { file, dimension, entries };
  } catch {
    return null;
  } finally {
    await handle?.close();
  }
}

/** The vectors of `keys` that the segment holds undamaged. */
export async function readVectors(
  segment: VectorSegment,
  keys: readonly string[],
): Promise<Map<string, Float32Array>> {
  const { dimension, entries } = segment;
  const start = HEADER_BYTES + entries.size * ENTRY_BYTES;
  const found = new Map<string, Float32Array>();
  let handle: FileHandle | null = null;
  try {
    handle = await open(segment.file, 'r');
    for (const key of keys) {
      const place = entries.get(key);
      if (place === undefined) continue;
      const bytes = await readExactly(handle, start + place.position * dimension * 4, dimension * 4);
      if (crc32(bytes) === place.checksum) found.set(key, floatsOf(bytes, dimension));
    }
  } catch {
    // Removed by another process or unreadable: what was found so far stands, the rest is embedded again.
  } finally {
    await handle?.close();
  }
  return found;
}

/** All vectors of a segment, for merging. */
export async function readWholeSegment(segment: VectorSegment): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  const bytes = await readFile(segment.file).catch(() => Buffer.alloc(0));
  const start = HEADER_BYTES + segment.entries.size * ENTRY_BYTES;
  const stride = segment.dimension * 4;
  for (const [key, { position, checksum }] of segment.entries) {
    const vector = bytes.subarray(start + position * stride, start + (position + 1) * stride);
    if (vector.length === stride && crc32(vector) === checksum) {
      found.set(key, floatsOf(vector, segment.dimension));
    }
  }
  return found;
}

/** Removes a segment's file; one that is already gone is fine. */
export async function removeSegment(file: string): Promise<void> {
  await rm(file, { force: true });
}

function floatsOf(bytes: Buffer, dimension: number): Float32Array {
  return Float32Array.from({ length: dimension }, (_, i) => bytes.readFloatLE(i * 4));
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new RangeError('the file ends too early');
  return buffer;
}
