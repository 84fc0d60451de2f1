import type { SupervisedExample } from '@codebase-gardener/lora';
import { GardenerError } from '../../garden/errors/garden-error.js';

const MAGIC = 0x31584547; // "GEX1", little-endian
const MAX_EXAMPLES = 4_000_000;
const MAX_EXAMPLE_TOKENS = 1 << 20;

/**
 * Examples as bytes, little-endian: magic `GEX1`, u32 count; for each example u32 length, then its tokens as i32, then
 * one mask byte a token, padded to four bytes.
 */
export function encodeExamples(examples: readonly SupervisedExample[]): Buffer {
  let size = 8;
  for (const { tokens } of examples) size += 4 + tokens.length * 4 + padded(tokens.length);
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(examples.length, 4);
  let offset = 8;
  for (const { tokens, supervised } of examples) {
    offset = bytes.writeUInt32LE(tokens.length, offset);
    for (const token of tokens) offset = bytes.writeInt32LE(token, offset);
    bytes.set(supervised, offset);
    offset += padded(tokens.length);
  }
  return bytes;
}

/**
 * The reverse of `encodeExamples`.
 * @param vocabularySize token ids must lie below it
 * @throws GardenerError `training.damaged-data` when a count, a token id or the size does not fit
 */
export function decodeExamples(bytes: Buffer, name: string, vocabularySize: number): SupervisedExample[] {
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== MAGIC) throw damaged(name, 'it is no example file');
  const count = bytes.readUInt32LE(4);
  if (count > MAX_EXAMPLES) throw damaged(name, `it claims ${count} examples`);
  const examples: SupervisedExample[] = [];
  let offset = 8;
  for (let index = 0; index < count; index++) {
    const length = offset + 4 <= bytes.length ? bytes.readUInt32LE(offset) : 0;
    offset += 4;
    const size = length * 4 + padded(length);
    if (length < 2 || length > MAX_EXAMPLE_TOKENS || offset + size > bytes.length) {
      throw damaged(name, `example ${index} does not fit`);
    }
    const tokens = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const token = bytes.readInt32LE(offset + i * 4);
      if (token < 0 || token >= vocabularySize) throw damaged(name, `example ${index} holds token ${token}`);
      tokens[i] = token;
    }
    const supervised = Uint8Array.from(bytes.subarray(offset + length * 4, offset + length * 5));
    examples.push({ tokens, supervised });
    offset += size;
  }
  if (offset !== bytes.length) throw damaged(name, 'it is longer than its examples');
  return examples;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function damaged(name: string, why: string): GardenerError {
  return new GardenerError('training.damaged-data', `The training data ${name} is damaged: ${why}.`, {
    remedy: 'Run `gardener train <project>` again: it makes the data anew.',
    details: { name },
  });
}
