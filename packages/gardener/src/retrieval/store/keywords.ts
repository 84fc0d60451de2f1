import type { Chunk } from '../../codebase/chunk/chunk.js';

const WORD = /[\p{L}\p{N}_$]+/gu;
/**
 * Scripts whose words stand together without spaces (Chinese, Japanese) or take endings and join others (Korean): a
 * word is not the unit of search there, a pair of characters is.
 */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+/gu;
/** One character of these is a word already. */
const HAN = /\p{Script=Han}/gu;
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{Lu}|\p{N}+/gu;

/**
 * The parts of an identifier in lower case: `getUserById` and `get_user_by_id` give get, user, by, id;
 * `parseHTTPHeader2` gives parse, http, header, 2.
 */
export function splitIdentifier(identifier: string): string[] {
  return (identifier.match(PART) ?? []).map((part) => part.toLowerCase());
}

/**
 * The words of a text as the keyword index stores them, in order: every identifier in lower case, followed by its
 * parts when it has more than one; runs of Chinese, Japanese and Korean characters as pairs of neighbours, and each
 * Chinese one.
 */
export function keywordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.normalize('NFC').matchAll(WORD)) {
    const lower = word.toLowerCase();
    words.push(lower);
    const parts = splitIdentifier(word);
    if (parts.length > 1) words.push(...parts.filter((part) => part.length > 1));
    words.push(...unspacedParts(lower).filter((part) => part !== lower));
  }
  return words;
}

/** What is searchable inside of a word of Chinese, Japanese or Korean; empty for others. */
export function unspacedParts(word: string): string[] {
  return (word.match(UNSPACED) ?? []).flatMap((run) => [...characterPairs(run), ...(run.match(HAN) ?? [])]);
}

function characterPairs(run: string): string[] {
  const characters = [...run];
  return characters.slice(1).map((character, position) => `${characters[position]}${character}`);
}

/**
 * How many times a chunk's own symbol name is counted: it says more about the chunk than the names that the chunk
 * calls.
 */
const SYMBOL_WEIGHT = 3;

/** What the keyword search of a chunk reads: its symbol's name (weighted), path, docstring and code. */
export function chunkKeywords(chunk: Chunk): string {
  const symbol = chunk.symbol === null ? [] : keywordsOf(chunk.symbol);
  const weighted = Array.from({ length: SYMBOL_WEIGHT }, () => symbol).flat();
  return [
    ...weighted,
    ...(chunk.symbol === null ? chunk.names.flatMap(keywordsOf) : []),
    ...keywordsOf(chunk.path),
    ...keywordsOf(chunk.docstring ?? ''),
    ...keywordsOf(chunk.text),
  ].join(' ');
}
