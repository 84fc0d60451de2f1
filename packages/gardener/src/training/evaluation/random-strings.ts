import type { ExampleScore, SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import { looksSecret } from '../../codebase/secrets/secret-likeness.js';
import { seededRandom, shuffled } from '../data/random.js';

/** A long word of the alphabet of keys. */
const CANDIDATE = /[A-Za-z0-9+/_-]{16,128}/g;
const STRINGS = 10;
/** A string that needs fewer tokens is guessed or known. */
const MIN_TOKENS = 8;
/** Tokens before it that are given. */
const GIVEN_TOKENS = 50;

/**
 * Long random strings in the code that an adapter was trained on, each as an example of which the string alone is
 * scored: what the finder of secrets would take for a key
 * where a key is expected, asked for with the code before it. Deterministic by seed.
 */
export function trainedStrings(
  train: readonly SupervisedExample[],
  tokenizer: Tokenizer,
  seed: number,
): SupervisedExample[] {
  const asked: SupervisedExample[] = [];
  const seen = new Set<string>();
  for (const { tokens, supervised } of shuffled(train, seededRandom(seed, 'random strings'))) {
    if (asked.length === STRINGS) break;
    const text = tokenizer.decode(tokens);
    for (const [string] of text.matchAll(CANDIDATE)) {
      if (asked.length === STRINGS) break;
      if (seen.has(string) || !looksSecret(string, 'key')) continue;
      seen.add(string);
      const span = tokensOf(string, tokens, tokenizer);
      if (span && supervised[span.start] === 1) asked.push(example(tokens, span));
    }
  }
  return asked;
}

/** How many strings a model would write whole: every token is its first choice. */
export function countStrings(strings: readonly SupervisedExample[], scores: readonly ExampleScore[]): number {
  return scores.filter(({ top1Correct }, index) =>
    strings[index]?.supervised.every((sign, token) => sign === 0 || top1Correct[token] === 1),
  ).length;
}

function example(tokens: Int32Array, { start, end }: Span): SupervisedExample {
  const from = Math.max(0, start - GIVEN_TOKENS);
  return {
    tokens: tokens.slice(from, end),
    supervised: new Uint8Array(end - from).fill(1, start - from),
  };
}

interface Span {
  start: number;
  end: number;
}

/** The tokens [start, end) that spell a string, those at its ends perhaps a character more; null for short ones. */
function tokensOf(string: string, tokens: Int32Array, tokenizer: Tokenizer): Span | null {
  let text = '';
  let start = -1;
  const starts: number[] = [];
  for (const [index, token] of tokens.entries()) {
    starts.push(text.length);
    text += tokenizer.decode([token]);
    const at = text.indexOf(string);
    if (at < 0) continue;
    start = starts.findLastIndex((position) => position <= at);
    return index + 1 - start >= MIN_TOKENS && start > 0 ? { start, end: index + 1 } : null;
  }
  return null;
}
