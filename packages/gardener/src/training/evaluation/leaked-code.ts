import type { SupervisedExample } from '@codebase-gardener/lora';
import type { RunData } from '../data/run-data.js';

/** Consecutive tokens that do not come together twice by chance. */
const SPAN_TOKENS = 50;
/** A span in more rows than this is boilerplate, such as a licence at the head of every file, and tells of no leak. */
const MAX_ROWS = 8;
const FACTOR = 0x01000193;

/**
 * Share of the held-out code's spans of 50 tokens that also stand in the code trained on, 0 to 1: near 0 of an honest
 * split, near 1 where the held-out files have got into the training data. Null where no file has a span.
 */
export function leakedShare({ train, heldOut }: Pick<RunData, 'train' | 'heldOut'>): number | null {
  const rowsWith = new Map<number, number>();
  for (const { examples } of heldOut)
    for (const example of examples) for (const hash of spanHashes(example)) rowsWith.set(hash, 0);
  if (rowsWith.size === 0) return null;
  for (const row of train) {
    for (const hash of new Set(spanHashes(row))) {
      const rows = rowsWith.get(hash);
      if (rows !== undefined) rowsWith.set(hash, rows + 1);
    }
  }
  const leaked = [...rowsWith.values()].filter((rows) => rows > 0 && rows <= MAX_ROWS).length;
  return leaked / rowsWith.size;
}

/** Of every span of a row its rolling polynomial hash (Rabin and Karp), modulo 2^32. */
function* spanHashes({ tokens }: SupervisedExample): Generator<number> {
  let oldest = 1;
  for (let i = 0; i < SPAN_TOKENS; i++) oldest = Math.imul(oldest, FACTOR);
  let hash = 0;
  for (const [i, token] of tokens.entries()) {
    hash = (Math.imul(hash, FACTOR) + token + 1) | 0;
    const leaving = tokens[i - SPAN_TOKENS];
    if (leaving !== undefined) hash = (hash - Math.imul(oldest, leaving + 1)) | 0;
    if (i >= SPAN_TOKENS - 1) yield hash;
  }
}
