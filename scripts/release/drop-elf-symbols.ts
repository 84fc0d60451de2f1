import { readBinaryHeader } from './binary-header.js';

// The fields of ELF's header and of a program header that are needed here.
const PROGRAM_HEADERS = 32;
const SECTION_HEADERS = 40;
const PROGRAM_HEADER_SIZE = 54;
const SECTION_COUNT = 60;
const SECTION_NAMES = 62;
const SEGMENT_OFFSET = 8;
const SEGMENT_SIZE = 32;

/**
 * An ELF library without what only debuggers and linkers read: the section headers, and the symbol tables behind the
 * last segment. What is loaded into memory stays as it is, byte for byte. Other files are given back.
 */
export function dropElfSymbols(bytes: Buffer): Buffer {
  if (readBinaryHeader(bytes)?.format !== 'elf') return bytes;
  const table = Number(bytes.readBigUInt64LE(PROGRAM_HEADERS));
  const size = bytes.readUInt16LE(PROGRAM_HEADER_SIZE);
  const count = bytes.readUInt16LE(PROGRAM_HEADER_SIZE + 2);
  let end = table + size * count;
  for (let i = 0; i < count; i++) {
    const segment = table + size * i;
    const offset = Number(bytes.readBigUInt64LE(segment + SEGMENT_OFFSET));
    end = Math.max(end, offset + Number(bytes.readBigUInt64LE(segment + SEGMENT_SIZE)));
  }
  const kept = Buffer.from(bytes.subarray(0, end));
  kept.writeBigUInt64LE(0n, SECTION_HEADERS);
  kept.writeUInt16LE(0, SECTION_COUNT);
  kept.writeUInt16LE(0, SECTION_NAMES);
  return kept;
}
