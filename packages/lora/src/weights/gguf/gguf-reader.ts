import { LoraError } from '../../errors.js';
import { corrupt, RangeFile } from '../range-file.js';
import { findTensor, readRowsFloat32, readTensorFloat32 } from '../tensor-reader.js';
import type { WeightSource } from '../weight-source.js';
import { HeaderNeedsMore } from './gguf-cursor.js';
import { type GgufHeader, parseGgufHeader } from './gguf-header.js';

const FIRST_READ_BYTES = 2 << 20; // holds most headers: that of a vocabulary of 49 Ki is 1.7 MB
const MAX_HEADER_BYTES = 128 << 20; // bounds memory; the largest vocabularies (256 Ki) need about 16 MiB

/**
 * Opens a GGUF (version 2 or 3) and reads its header; tensors are read when asked for. Close it after use.
 * @throws LoraError `weights.not-found`, `weights.unreadable`, `weights.not-gguf`, `weights.unsupported-version`,
 *   `weights.truncated`, `weights.corrupt`, `weights.split-file`
 */
export async function openGguf(path: string): Promise<WeightSource> {
  const file = await RangeFile.open(path);
  try {
    const header = await readHeader(file);
    refuseSplitFile(path, header);
    return {
      path,
      format: 'gguf',
      metadata: header.metadata,
      tensors: header.tensors,
      async readFloat32(name, into) {
        return await readTensorFloat32(file, findTensor(header.tensors, name, path), into);
      },
      async readRowsFloat32(name, rows) {
        return await readRowsFloat32(file, findTensor(header.tensors, name, path), rows);
      },
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}

/** Reads a prefix of the file, four times as long each time, until the header is complete. */
export async function readHeader(file: RangeFile): Promise<GgufHeader> {
  for (let length = FIRST_READ_BYTES; ; length *= 4) {
    const bytes = new Uint8Array(Math.min(length, file.size, MAX_HEADER_BYTES));
    await file.read(0, bytes);
    try {
      return parseGgufHeader(file.path, bytes, file.size);
    } catch (error) {
      if (!(error instanceof HeaderNeedsMore)) throw error;
      if (length >= MAX_HEADER_BYTES) throw corrupt(file.path, 'its header is longer than 128 MiB');
    }
  }
}

function refuseSplitFile(path: string, header: GgufHeader): void {
  const parts = header.metadata.get('split.count');
  if (typeof parts !== 'number' || parts <= 1) return;
  throw new LoraError('weights.split-file', `The file ${path} is one of ${parts} parts of a split GGUF.`, {
    remedy: 'Join the parts first: llama-gguf-split --merge <first part> <joined file>.',
    details: { path, parts },
  });
}
