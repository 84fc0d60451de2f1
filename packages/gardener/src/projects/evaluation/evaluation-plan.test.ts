import { expect, test } from 'vitest';
import { type SideScores, sideScoresSchema } from '../../training/evaluation/side-scores.js';
import { planEvaluation } from './evaluation-plan.js';

function scored(files: number, scoring: number, serving: number): SideScores {
  return sideScoresSchema.parse({
    files: Array.from({ length: files }, (_, index) => ({
      ...{ path: `${index}`, examples: 1, nll: 1, tokens: 100 + index, matchedLines: 0, lines: 4 },
    })),
    ...{ generalLoss: 1, stopped: [], parity: null, editSimilarity: null },
    durationMs: { scoring, serving },
  });
}

test('all is measured where it fits, and without a limit', () => {
  expect(planEvaluation(scored(20, 20_000, 15_000), 50_000, 1)).toMatchObject({
    files: Array.from({ length: 20 }, (_, index) => index),
    measuresGeneral: true,
    servingLimitMs: Number.POSITIVE_INFINITY,
    expectedMs: 43_000,
  });
  const unlimited = planEvaluation(scored(20, 200_000, 150_000), Number.POSITIVE_INFINITY, 1);
  expect(unlimited.files).toHaveLength(20);
});

test('else as many whole files as fit, the same for the same seed, and never less than two', () => {
  const slow = scored(40, 100_000, 90_000);
  const plan = planEvaluation(slow, 50_000, 1);
  // Of the 42 s after the start, 25 go into scoring: a quarter of what all takes.
  expect(plan.files.length).toBeGreaterThanOrEqual(9);
  expect(plan.files.length).toBeLessThanOrEqual(11);
  expect(plan.files).toEqual([...plan.files].sort((a, b) => a - b));
  expect(plan).toMatchObject({ ofFiles: 40, measuresGeneral: false, expectedMs: 50_000 });
  expect(plan.servingLimitMs).toBeCloseTo(16_800);
  expect(planEvaluation(slow, 50_000, 1)).toEqual(plan);
  expect(planEvaluation(slow, 50_000, 2).files).not.toEqual(plan.files);
  expect(planEvaluation(scored(40, 9e9, 1), 50_000, 1).files).toHaveLength(2);
});
