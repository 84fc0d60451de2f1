import type { Chunk } from '../../codebase/chunk/chunk.js';
import type { QueryNames } from '../ranking/query-names.js';
import { isSpelled, namedBy } from './naming.js';

/** Share of common word triples from which two chunks are the same code with small changes. */
const SAME_FROM = 0.85;

/** A chunk with its place in the order. */
interface Ranked {
  chunk: Chunk;
  ranked: { score: number };
}

/**
 * Keeps one of each group of near-duplicates, in order, up to `limit`: copies of a function in ten folders would
 * otherwise fill the results. The one that the query names stands for its group, in the place of the first; else the
 * first does. What the query spells with what it belongs to (`Client.get`, `AsyncClient.get`) is never left out for
 * another name. Compares sets of three neighbouring words (Jaccard).
 */
export function foldDuplicates<Item extends Ranked>(
  query: string,
  names: QueryNames,
  items: readonly Item[],
  limit: number,
): Item[] {
  const kept: { item: Item; shingles: Set<string> }[] = [];
  const naming = namedBy(query, names);
  const namedOf = ({ chunk }: Item) => naming({ path: chunk.path, symbol: chunk.symbol ?? '' });
  const isMeant = ({ chunk: { path, symbol } }: Item) =>
    symbol !== null && isSpelled(names, { path, symbol });
  for (const item of items) {
    const shingles = shinglesOf(item.chunk.text);
    const alike = kept.find((earlier) => jaccard(earlier.shingles, shingles) >= SAME_FROM);
    if (
      alike === undefined ||
      (isMeant(item) && alike.item.chunk.symbol !== item.chunk.symbol && isMeant(alike.item))
    ) {
      if (kept.length < limit) kept.push({ item, shingles });
    } else if (namedOf(item) > namedOf(alike.item)) {
      const { score } = alike.item.ranked;
      alike.item = { ...item, ranked: { ...item.ranked, score } };
      alike.shingles = shingles;
    }
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
