import type { FileRole } from './file-role.js';
import { kindOfQuery, type QueryKind } from './query-kind.js';
import type { Signals } from './signals.js';

/** What each signal of the ranking counts; see rank.ts for what they are. */
export interface Weights extends Signals, Record<FileRole, number> {
  /** What a file's chunks together add to its best one. */
  evidence: number;
  /** A further chunk of a file counts this share of the one before. */
  spread: number;
}

/**
 * By kind of query: who describes one piece of code wants that piece, who names a subject wants the files about it.
 * Chosen by `npm run bench:search-weights` on the repositories that choose in bench/search-quality and on the tuning
 * codebases of bench/retrieval; the others are the results in docs/retrieval.md.
 */
const SUBJECT: Weights = {
  meaning: 1,
  words: 0.3,
  name: 0.8,
  file: 0.6,
  folder: 0.25,
  definition: 0.6,
  definitionAlone: 3,
  path: 1,
  pathAlone: 3,
  evidence: 0.45,
  spread: 0.5,
  test: 0.4,
  benchmark: 0.4,
  example: 0.5,
  documentation: 0.6,
  changelog: 0.3,
  configuration: 0.7,
  legacy: 0.7,
  source: 1,
};

export const WEIGHTS: Record<QueryKind, Weights> = {
  subject: SUBJECT,
  description: {
    ...SUBJECT,
    words: 0.5,
    file: 0.26,
    folder: 0,
    definition: 0.4,
    evidence: 0,
    spread: 0.95,
  },
  characters: { ...SUBJECT, meaning: 0.4, words: 1 },
};

/**
 * An answer may stand in any chunk of the right file, and often as a word. Chosen on the tuning codebases of
 * `npm run bench:answers`.
 */
const ANSWER = { words: 0.5, evidence: 0.3, spread: 0.85 };

/** The weights for a query; `isAnswer` for one whose answer is looked for, and not files about it. */
export function weightsOf(query: string, isAnswer: boolean): Weights {
  const weights = WEIGHTS[kindOfQuery(query)];
  return isAnswer ? { ...weights, ...ANSWER } : weights;
}

/** Meaning and words alone, each chunk for itself: what the other signals are measured against. */
export const WITHOUT_NAMES: Weights = {
  ...SUBJECT,
  words: 0.6,
  name: 0,
  file: 0,
  folder: 0,
  definition: 0,
  definitionAlone: 0,
  path: 0,
  pathAlone: 0,
  evidence: 0,
  spread: 1,
  test: 1,
  benchmark: 1,
  example: 1,
  documentation: 1,
  changelog: 1,
  configuration: 1,
  legacy: 1,
};
