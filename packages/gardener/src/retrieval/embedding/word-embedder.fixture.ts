import { createHash } from 'node:crypto';
import { keywordsOf } from '../store/keywords.js';
import type { Embedder } from './embedder.js';

/** Counts what it embeds. */
export interface WordEmbedder extends Embedder {
  /** Every text that was embedded, in order. */
  readonly texts: string[];
}

/**
 * A deterministic embedder for tests of the index: each word adds one fixed direction, so texts with common words are
 * near each other. Needs no model.
 */
export function wordEmbedder(id = 'words', dimension = 64): WordEmbedder {
  const texts: string[] = [];
  return {
    id,
    dimension,
    texts,
    async embed(batch, signal) {
      signal?.throwIfAborted();
      texts.push(...batch);
      return batch.map((text) => vectorOf(text, dimension));
    },
    async embedQuery(query) {
      return vectorOf(query, dimension);
    },
    async dispose() {},
  };
}

function vectorOf(text: string, dimension: number): Float32Array {
  const vector = new Float32Array(dimension);
  vector[0] = 1e-3;
  for (const word of keywordsOf(text)) {
    const digest = createHash('md5').update(word).digest();
    const at = digest.readUInt32LE(0) % dimension;
    vector[at] = vector[at]! + (digest[4]! % 2 === 0 ? 1 : -1);
  }
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}
