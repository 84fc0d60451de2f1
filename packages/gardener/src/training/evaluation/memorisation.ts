import type { ExampleScore, SupervisedExample } from '@codebase-gardener/lora';
import { seededRandom, shuffled } from '../data/random.js';

/** Tokens of a passage that are given, and that would have to be written word for word. */
const GIVEN_TOKENS = 50;
const WRITTEN_TOKENS = 50;
/** Passages that are tried. */
const PASSAGES = 20;

/**
 * Passages of the code that an adapter was trained on, one a row, as examples whose second half is scored: what a model
 * goes on with word for word after 50 tokens it has memorised (https://arxiv.org/abs/2202.07646). Rows of which less
 * than that is learned, such as answers, are left out. Deterministic by seed.
 */
export function trainedPassages(train: readonly SupervisedExample[], seed: number): SupervisedExample[] {
  const length = GIVEN_TOKENS + WRITTEN_TOKENS;
  const random = seededRandom(seed, 'memorisation');
  const passages: SupervisedExample[] = [];
  for (const { tokens, supervised } of shuffled(train, random)) {
    if (passages.length === PASSAGES) break;
    const start = Math.floor(random() * (tokens.length - length));
    const isLearned =
      start >= 0 && supervised.subarray(start + GIVEN_TOKENS, start + length).every((sign) => sign === 1);
    if (!isLearned) continue;
    passages.push({
      tokens: tokens.slice(start, start + length),
      supervised: new Uint8Array(length).fill(1, GIVEN_TOKENS),
    });
  }
  return passages;
}

/** How many passages a model would write word for word: every token is its first choice. */
export function countVerbatim(scores: readonly ExampleScore[]): number {
  return scores.filter(({ top1Correct }) =>
    top1Correct.subarray(GIVEN_TOKENS).every((correct) => correct === 1),
  ).length;
}
