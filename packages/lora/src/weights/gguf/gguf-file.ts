import { openWeightsFile } from '../open-weights-file.js';
import { corrupt, type RangeFile } from '../range-file.js';
import type { WeightSource } from '../weight-source.js';
import { HeaderNeedsMore } from './gguf-cursor.js';
import { type GgufHeader, parseGgufHeader } from './gguf-header.js';

const FIRST_READ_BYTES = 2 << 20; // holds most headers: that of a vocabulary of 49 Ki is 1.7 MB
const MAX_HEADER_BYTES = 128 << 20; // bounds memory; the largest vocabularies (256 Ki) need about 16 MiB

/** Opens one GGUF file, be it a whole model or a part of one. */
export async function openGgufFile(path: string): Promise<WeightSource> {
  return openWeightsFile(path, 'gguf', readHeader);
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
