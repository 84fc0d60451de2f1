// Entry of the process that reads mutated files, see mutations.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asKnownError } from '../../packages/gardener/src/garden/errors/wire-error.js';
import { seededRandom } from '../../packages/gardener/src/training/data/random.js';
import { pick } from './ledger.js';
import { readersIn } from './readers.js';

/** Beside the file itself: tables of tokens, graphs of objects. Measured are some 8 MB for the largest of the files. */
const MEMORY_FACTOR = 64;
const MEMORY_FLOOR = 96 * 2 ** 20;

process.once('message', async ({ numbers, seeds }: { numbers: number[]; seeds: number[] }) => {
  const folder = mkdtempSync(join(tmpdir(), 'trust-mutations-'));
  try {
    const readers = await readersIn(folder);
    // A reader that refuses the whole file would pass every case.
    for (const { original, file, read } of readers) {
      await writeFile(file, await readFile(original));
      await read();
    }
    for (const [index, number] of numbers.entries()) {
      const random = seededRandom(seeds[index] ?? 0, 'mutation');
      const reader = pick(random, readers);
      const { how, bytes } = mutated(await readFile(reader.original), random);
      const what = `${reader.name}, ${how}`;
      process.send?.({ begun: number, what });
      await writeFile(reader.file, bytes);
      process.send?.({ number, what, lost: await lostBy(reader.read, bytes.length) });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.disconnect();
});

/** Null when the reader gave something or refused with an error of ours, and took no more memory than is right. */
async function lostBy(read: () => Promise<unknown>, size: number): Promise<string | null> {
  const before = process.memoryUsage();
  let lost: string | null = null;
  try {
    await read();
  } catch (error) {
    if (asKnownError(error) === null) lost = `a foreign error: ${String(error).slice(0, 200)}`;
  }
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  return grown > MEMORY_FLOOR + MEMORY_FACTOR * size ? `${Math.round(grown / 2 ** 20)} MB of memory` : lost;
}

function mutated(original: Buffer, random: () => number): { how: string; bytes: Buffer } {
  const at = () => Math.floor(random() * original.length);
  const bytes = Buffer.from(original);
  const how = pick(random, ['bits', 'bytes', 'cut', 'grown', 'moved', 'numbers', 'head'] as const);
  switch (how) {
    case 'bits':
      for (let n = 0; n < 1 + random() * 8; n++) bytes[at()]! ^= 1 << Math.floor(random() * 8);
      return { how, bytes };
    case 'bytes':
      for (let n = 0; n < 1 + random() * 64; n++) bytes[at()] = Math.floor(random() * 256);
      return { how, bytes };
    case 'cut':
      return { how, bytes: bytes.subarray(0, at()) };
    case 'grown': {
      const place = at();
      const piece = Buffer.from(original.subarray(place, place + Math.floor(random() * 4_096)));
      return { how, bytes: Buffer.concat([original.subarray(0, place), piece, original.subarray(place)]) };
    }
    case 'moved':
      return { how, bytes: Buffer.concat([original.subarray(at()), original.subarray(0, at())]) };
    case 'numbers': {
      // Counts and lengths that are absurd, where eight bytes may be one.
      const value = pick(random, [0n, 1n, 0xffffffffn, 0x7fffffffffffffffn, 0xffffffffffffffffn] as const);
      for (let n = 0; n < 1 + random() * 3; n++) {
        const place = Math.min(at(), original.length - 8);
        if (place >= 0) bytes.writeBigUInt64LE(value, place);
      }
      return { how, bytes };
    }
    case 'head':
      // The first bytes decide how the rest is read.
      for (let n = 0; n < 4; n++)
        bytes[Math.floor(random() * Math.min(64, original.length))] = Math.floor(random() * 256);
      return { how, bytes };
  }
}
