import { seededRandom, shuffled } from '../../training/data/random.js';
import type { SideScores } from '../../training/evaluation/side-scores.js';

/** What is measured of an adapter, and how long that should take. */
export interface EvaluationPlan {
  /** Positions of the held-out files that are scored, in their order. */
  files: number[];
  /** All held-out files there are. */
  ofFiles: number;
  /** Whether general code is scored too. */
  measuresGeneral: boolean;
  /** What is measured in llama.cpp should take no longer. Infinite where all fits. */
  servingLimitMs: number;
  expectedMs: number;
}

/** Loading the base and starting llama.cpp. */
const START_MS = 8_000;
/** Of the time that is left after starting; the rest goes into what is measured in llama.cpp. */
const SCORING_SHARE = 0.6;
/** Fewer files give no interval. */
const MIN_FILES = 2;

/**
 * What of an evaluation fits into a time, from how long the same took for the base: all, or some of the held-out files,
 * drawn by chance and each whole, so that they can be compared with the base's in pairs.
 * @param base what the base scored, and how long it took
 * @param limitMs infinite: everything
 */
export function planEvaluation(base: SideScores, limitMs: number, seed: number): EvaluationPlan {
  const all = base.files.map((_, index) => index);
  const { scoring, serving } = base.durationMs;
  const whole = {
    files: all,
    ofFiles: all.length,
    measuresGeneral: true,
    servingLimitMs: Number.POSITIVE_INFINITY,
  };
  const expectedMs = START_MS + scoring + serving;
  if (expectedMs <= limitMs) return { ...whole, expectedMs };
  const leftMs = Math.max(0, limitMs - START_MS);
  const tokens = base.files.reduce((sum, file) => sum + file.tokens, 0);
  let fitting = (tokens * leftMs * SCORING_SHARE) / Math.max(1, scoring);
  const files: number[] = [];
  for (const index of shuffled(all, seededRandom(seed, 'evaluation'))) {
    const taken = base.files[index]?.tokens ?? 0;
    if (taken > fitting && files.length >= MIN_FILES) continue;
    fitting -= taken;
    files.push(index);
  }
  files.sort((a, b) => a - b);
  const servingLimitMs = Math.min(serving, leftMs * (1 - SCORING_SHARE));
  return { files, ofFiles: all.length, measuresGeneral: false, servingLimitMs, expectedMs: limitMs };
}
