import { scoreSide } from '../../evaluation/score-side.js';
import { type SideScores, sideScoresSchema } from '../../evaluation/side-scores.js';
import { type Budget, SCORING_SHARE, SERVING_SHARE } from '../budget.js';
import type { RunContext } from '../run-context.js';
import { type Material, PARITY_POSITIONS, scoringOptions } from './scoring.js';

/**
 * Scores the base model, before training: its scores are needed anyway, and how long they take is what the adapter's
 * will take, so training knows how much of the budget it may use.
 */
export async function scoreBase(
  run: RunContext,
  { base, data, budget }: Material & { budget: Budget },
): Promise<SideScores> {
  const { directory, report } = run;
  return directory.measured('baseScores', sideScoresSchema, () =>
    scoreSide({
      ...scoringOptions(run, { base, data }),
      adapter: null,
      adapterFile: null,
      scoringLimitMs: budget.totalMs * SCORING_SHARE,
      servingLimitMs: budget.totalMs * SERVING_SHARE,
      parityPositions: PARITY_POSITIONS,
      onProgress: (label, done, total) => report.progress('measuring the base model', done, total, label),
    }),
  );
}
