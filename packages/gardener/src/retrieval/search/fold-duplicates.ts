import type { Chunk } from '../../codebase/chunk/chunk.js';

/** Share of common word triples from which two chunks are the same code with small changes. */
const SAME_FROM = 0.85;

/**
 * Keeps the first of each group of near-duplicates, in order, up to `limit`: copies of a function in ten folders would
 * otherwise fill the results. Compares sets of three neighbouring words (Jaccard).
 */
export function foldDuplicates<Item extends { chunk: Chunk }>(items: readonly Item[], limit: number): Item[] {
  const kept: { item: Item; shingles: Set<string> }[] = [];
  for (const item of items) {
    if (kept.length === limit) break;
    const shingles = shinglesOf(item.chunk.text);
    if (!kept.some((earlier) => jaccard(earlier.shingles, shingles) >= SAME_FROM))
      kept.push({ item, shingles });
  }
  return kept.map(({ item }) => item);
}

function shinglesOf(text: string): Set<string> {
  const words = text.match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
  if (words.length < 3) return new Set([words.join(' ')]);
  return new Set(words.slice(2).map((word, i) => `${words[i]} ${words[i + 1]} ${word}`));
}

function jaccard(a: Set<string>, b: Set<string>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < SAME_FROM * large.size) return 0;
  let common = 0;
  for (const shingle of small) if (large.has(shingle)) common++;
  return common / (a.size + b.size - common);
}
