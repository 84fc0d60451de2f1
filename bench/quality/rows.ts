import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tokenizer } from '@codebase-gardener/lora';
import { DataCursor } from '../../packages/lora/src/train/batches/data-cursor.js';

/** Rows of one length, every token a target: what train_peft.py and training-ours.ts read. */
export interface Rows {
  rows: number[][];
  supervised: number[][];
}

/** One in so many files is held out. */
const HELD_OUT_OF = 8;

/**
 * Rows from the files of a codebase: files in an order that their paths' hashes give, one in eight held out, each side
 * cut into rows without a rest.
 * @throws Error when the codebase is too small
 */
export async function rowsOf(
  root: string,
  extension: string,
  tokenizer: Tokenizer,
  length: number,
  counts: { train: number; heldOut: number },
): Promise<{ train: Rows; heldOut: Rows }> {
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(extension));
  const shuffled = names.map((name) => ({ name, hash: hashOf(name) })).sort((a, b) => a.hash - b.hash);
  const side = async (heldOut: boolean, count: number) => {
    const tokens: number[] = [];
    for (const { name, hash } of shuffled) {
      if ((hash % HELD_OUT_OF === 0) !== heldOut) continue;
      tokens.push(...tokenizer.encode(await readFile(join(root, name), 'utf8')));
      if (tokens.length >= count * length) break;
    }
    if (tokens.length < count * length) throw new Error(`${root} has ${tokens.length} tokens only`);
    return cut(tokens, length, count);
  };
  return { train: await side(false, counts.train), heldOut: await side(true, counts.heldOut) };
}

/** The same rows in the order in which our trainer takes them with a seed. */
export function inOrderOf(seed: number, { rows, supervised }: Rows): Rows {
  const examples = rows.map((row, i) => ({
    tokens: Int32Array.from(row),
    supervised: Uint8Array.from(supervised[i]!),
  }));
  const taken = new DataCursor(examples, rows[0]!.length, { seed }).next(rows.length);
  const order = taken.map(({ placements }) => placements[0]!.example);
  return { rows: order.map((index) => rows[index]!), supervised };
}

function cut(tokens: number[], length: number, count: number): Rows {
  const rows = Array.from({ length: count }, (_, i) => tokens.slice(i * length, (i + 1) * length));
  return { rows, supervised: rows.map((row) => row.map(() => 1)) };
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
