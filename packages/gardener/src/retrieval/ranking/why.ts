import { folderName, stemName } from './path-words.js';
import type { RankedCandidate } from './rank.js';
import { askedStems, isRelated, stem, stemsOf } from './words.js';

/** Why a chunk was found: what of the query it has, and where. */
export interface Why {
  /** The name of the query that it declares, or null. */
  definition: string | null;
  /** Words of the query in the names that it declares. */
  name: string[];
  /** Words of the query in its file's name and folders. */
  path: string[];
  /** Further words of the query in its text. */
  words: string[];
  /** Cosine of its vector with the query's, rounded; null when others are nearer. */
  meaning: number | null;
}

/** Of a chunk that nobody searched for. */
export const NO_REASON: Why = { definition: null, name: [], path: [], words: [], meaning: null };

const WORD = /[\p{L}\p{N}_$]+/gu;
const MAX_WORDS = 12;

/** Says why; `text` is the chunk's code. */
export function whyFound(query: string, found: RankedCandidate, { text }: { text: string }): Why {
  const written = askedWords(query);
  const spelled = (stems: Iterable<string>) => {
    const met = [...stems];
    return [...written].filter(([word]) => met.some((one) => isRelated(one, word))).map(([, as]) => as);
  };
  const name = spelled(found.names.flatMap(stemsOf));
  const file = stemName(found.path);
  const path = [...written]
    .filter(
      ([word]) =>
        [...file.words, ...folderName(found.path).words].some((one) => isRelated(one, word)) ||
        (word.length > 3 && file.compact?.includes(word)),
    )
    .map(([, as]) => as);
  const inText = spelled(new Set(stemsOf(text)));
  return {
    definition: found.definition?.name ?? null,
    name: name.slice(0, MAX_WORDS),
    path: path.slice(0, MAX_WORDS),
    words: inText.filter((word) => !name.includes(word)).slice(0, MAX_WORDS),
    meaning: found.similarity === null ? null : Math.round(found.similarity * 100) / 100,
  };
}

/** The query's telling words as it writes them, by stem. */
function askedWords(query: string): Map<string, string> {
  const asked = askedStems(query);
  const written = new Map<string, string>();
  for (const [word] of query.matchAll(WORD)) {
    for (const part of [word, ...(word.match(/\p{Lu}?[\p{Ll}\p{N}]+|\p{Lu}+/gu) ?? [])]) {
      const key = stem(part.toLowerCase());
      if (asked.has(key) && !written.has(key)) written.set(key, part);
    }
  }
  return written;
}
