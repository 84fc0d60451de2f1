import { splitIdentifier } from '../store/keywords.js';

const WORD = /[\p{L}\p{N}_$]+/gu;
/** Words that a sentence about code is made of, whatever it is about. */
const FILLER = new Set(
  'a an the of to for in on is are be by with and or if it this that from as at not into which when can will given return returns where how what does do'
    .split(' ')
    .map(stem),
);
/** When even the best overlap is below this, it is chance, and counts less than a name that the query spells out. */
const FULL_OVERLAP = 0.2;

/**
 * How well each symbol's name says what the query says: the harmonic mean of the shares of the query's and of the
 * name's words that the other has, rare words counting more (rare among these names). "Converts a coroutine into a
 * deferred" and `deferred_from_coroutine`.
 * @param names by id, the last part of a symbol's name; ids without a common word are left out of the result
 * @returns by id, up to 1 for the best
 */
export function nameOverlaps(query: string, names: ReadonlyMap<string, string>): Map<string, number> {
  const asked = new Set(stemsOf(query).filter((word) => !FILLER.has(word)));
  const words = new Map([...names].map(([id, name]) => [id, new Set(stemsOf(name))]));
  const frequency = new Map<string, number>();
  for (const set of words.values())
    for (const word of set) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const rarity = (word: string) => Math.log(1 + names.size / (frequency.get(word) ?? 1));
  const weight = (set: Iterable<string>) => [...set].reduce((sum, word) => sum + rarity(word), 0);
  const askedWeight = weight(asked);
  const overlaps = new Map<string, number>();
  for (const [id, set] of words) {
    const common = weight([...set].filter((word) => asked.has(word)));
    if (common > 0) overlaps.set(id, (2 * common) / (askedWeight + weight(set)));
  }
  const best = Math.max(FULL_OVERLAP, ...overlaps.values());
  for (const [id, overlap] of overlaps) overlaps.set(id, overlap / best);
  return overlaps;
}

function stemsOf(text: string): string[] {
  return (text.match(WORD) ?? []).flatMap((word) => splitIdentifier(word)).map(stem);
}

/** Endings off, so that `parsing`, `parsed` and `parses` meet `parse`. */
function stem(word: string): string {
  for (const ending of ['ing', 'ies', 'es', 'ed', 's']) {
    if (word.endsWith(ending) && word.length - ending.length >= 3) return word.slice(0, -ending.length);
  }
  return word.length > 4 ? word.replace(/e+$/, '') : word;
}
