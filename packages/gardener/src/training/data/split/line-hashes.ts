import { hash32 } from '../random.js';

/** Of a line's hash so many bytes are kept: of a thousand new lines fewer than one is taken for an old one. */
const BYTES = 3;

/**
 * What is kept of a file to see later which of its lines are new: a short hash of each line that is not blank, without
 * its indent, in base64. Some four characters a line, and no code.
 */
export function lineHashes(text: string): string {
  const hashes = hashesOf(text);
  const bytes = Buffer.alloc(hashes.length * BYTES);
  for (const [index, hash] of hashes.entries()) bytes.writeUIntBE(hash, index * BYTES, BYTES);
  return bytes.toString('base64');
}

/**
 * How many lines of a text are new or changed, and how many it has; blank ones do not count. A line that has moved is
 * not new.
 * @param before what `lineHashes` gave for the file as it was; undefined for a new file: then all are new
 */
export function countNewLines(text: string, before: string | undefined): { changed: number; lines: number } {
  const known = new Map<number, number>();
  for (const hash of readLineHashes(before ?? '')) known.set(hash, (known.get(hash) ?? 0) + 1);
  const hashes = hashesOf(text);
  let changed = 0;
  for (const hash of hashes) {
    const left = known.get(hash) ?? 0;
    if (left === 0) changed += 1;
    else known.set(hash, left - 1);
  }
  return { changed, lines: hashes.length };
}

/** The hashes that `lineHashes` keeps. */
export function readLineHashes(encoded: string): number[] {
  const bytes = Buffer.from(encoded, 'base64');
  return Array.from({ length: Math.floor(bytes.length / BYTES) }, (_, i) =>
    bytes.readUIntBE(i * BYTES, BYTES),
  );
}

/** A hash of each line that is not blank, without its indent. */
export function hashesOf(text: string): number[] {
  return text.split('\n').flatMap((line) => {
    const words = line.trim();
    return words === '' ? [] : [hash32(words) >>> (32 - 8 * BYTES)];
  });
}
