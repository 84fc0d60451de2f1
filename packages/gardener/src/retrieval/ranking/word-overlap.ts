import { isRelated } from './words.js';

/** Something that has a name of words: a declaration, a file. */
export interface Named {
  /** The stems of its name. */
  words: readonly string[];
  /** Its name without anything between the words, in lower case: `urldispatcher` holds `dispatch`. */
  compact?: string;
}

/** When even the best overlap is below this, it is chance, and counts less than a name that the query spells out. */
const FULL_OVERLAP = 0.2;
/** A shorter word stands inside another by chance. */
const MIN_INSIDE = 4;

/**
 * How well each name says what the query says: the harmonic mean of the shares of the query's and of the name's words
 * that the other has, rare words counting more (rare among these names). "Converts a coroutine into a deferred" and
 * `deferred_from_coroutine`.
 * @param asked the stems of the query
 * @param names by id; ids without a common word are left out of the result
 * @param related whether two stems are of one word
 * @returns by id, up to 1 for the best
 */
export function wordOverlaps<Id>(
  asked: ReadonlySet<string>,
  names: ReadonlyMap<Id, readonly Named[]>,
  related: (one: string, other: string) => boolean = isRelated,
): Map<Id, number> {
  const askedWords = [...asked];
  const frequency = new Map<string, number>();
  let count = 0;
  for (const list of names.values()) {
    for (const { words } of list) {
      count++;
      for (const word of new Set(words)) frequency.set(word, (frequency.get(word) ?? 0) + 1);
    }
  }
  const rarities = new Map<string, number>();
  const rarity = (word: string) => {
    let value = rarities.get(word);
    if (value === undefined) {
      value = Math.log(1 + count / (frequency.get(word) ?? 1));
      rarities.set(word, value);
    }
    return value;
  };
  // The same words stand in many names: which word of the query each is related to is looked for once.
  const partners = new Map<string, string | null>();
  const partnerOf = (word: string) => {
    let found = partners.get(word);
    if (found === undefined) {
      found = askedWords.find((one) => related(one, word)) ?? null;
      partners.set(word, found);
    }
    return found;
  };
  const weight = (words: Iterable<string>) => [...words].reduce((sum, word) => sum + rarity(word), 0);
  const askedWeight = weight(askedWords);
  const overlaps = new Map<Id, number>();
  for (const [id, list] of names) {
    const best = Math.max(
      0,
      ...list.map((named) => overlap(askedWords, askedWeight, named, rarity, partnerOf)),
    );
    if (best > 0) overlaps.set(id, best);
  }
  const best = Math.max(FULL_OVERLAP, ...overlaps.values());
  for (const [id, value] of overlaps) overlaps.set(id, value / best);
  return overlaps;
}

function overlap(
  asked: readonly string[],
  askedWeight: number,
  { words, compact }: Named,
  rarity: (word: string) => number,
  partnerOf: (word: string) => string | null,
): number {
  let ofName = 0;
  let total = 0;
  const met = new Set<string>();
  for (const word of new Set(words)) {
    const value = rarity(word);
    total += value;
    const partner = partnerOf(word);
    if (partner === null) continue;
    ofName += value;
    met.add(partner);
  }
  if (compact !== undefined) {
    for (const word of asked) {
      if (met.has(word) || word.length < MIN_INSIDE || !compact.includes(word)) continue;
      met.add(word);
      // It is a part of one of the name's words.
      ofName = Math.min(total, ofName + (total * word.length) / Math.max(compact.length, 1));
    }
  }
  if (met.size === 0 || total === 0 || askedWeight === 0) return 0;
  const ofAsked = [...met].reduce((sum, word) => sum + rarity(word), 0);
  const [precision, recall] = [ofName / total, Math.min(1, ofAsked / askedWeight)];
  return (2 * precision * recall) / (precision + recall);
}
