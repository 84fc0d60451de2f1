import { shingles } from './near-duplicates.js';
import type { SplitFile } from './split.js';

/** Words in a row that do not come together twice by chance: two or three lines of code. */
const RUN_WORDS = 20;

/** Tells whether a text has code of the files that are measured on. */
export interface MeasuredCode {
  /** Whether so many words in a row of it, 20, stand in one of the files. */
  hasRunOf(text: string): boolean;
  /** Whether a text, of five words or more, is made of what stands in the files: for one shorter than a run. */
  hasAllOf(text: string): boolean;
}

/** @param sides the held-out and validation files */
export function measuredCode(sides: readonly SplitFile[]): MeasuredCode {
  const runs = new Set<number>();
  const short = new Set<number>();
  for (const { file } of sides) {
    for (const hash of shingles(file.text, RUN_WORDS)) runs.add(hash);
    for (const hash of shingles(file.text)) short.add(hash);
  }
  return {
    hasRunOf: (text) => shingles(text, RUN_WORDS).some((hash) => runs.has(hash)),
    hasAllOf: (text) => {
      const own = shingles(text);
      return own.length > 0 && own.every((hash) => short.has(hash));
    },
  };
}
