import { expect, it } from 'vitest';
import type { RunEvent, Scorecard } from '../../api/types.js';
import { curveOf, logLine } from './run-curve.js';

const time = '2026-11-24T20:00:00Z';
const unknown = { learningRate: null, tokensPerSecond: null, etaMs: null, peakMemoryBytes: null };
const step = (at: number, loss: number | null): RunEvent => ({
  ...{ type: 'step-end', time, step: at, steps: 9, loss },
  ...unknown,
});

it('draws each step once: after a checkpoint the later word counts', () => {
  const curve = curveOf([
    step(1, 2),
    step(2, 9),
    { type: 'validation-end', time, step: 2, loss: 1.9, best: true },
    { type: 'run-interrupt', time, reason: 'killed' },
    step(2, 1.8),
    step(3, null),
    step(4, 1.6),
  ]);
  expect(curve.steps).toEqual([1, 2, 4]);
  expect(curve.train).toEqual([2, 1.8, 1.6]);
  expect(curve.validation).toEqual([null, 1.9, null]);
  expect(curve.smooth[1]).toBeCloseTo(0.9 * 2 + 0.1 * 1.8);
});

it('says what an evaluation measured', () => {
  const measure = (value: number) => ({ value, low: null, high: null, n: 100 });
  const nothing = {
    ...{ heldOutLoss: null, bitsPerByte: null, exactMatch: null, editSimilarity: null },
    ...{ fimExactMatch: null, fimEditSimilarity: null },
  };
  const arm = (loss: number | null) => ({
    noRetrieval: { ...nothing, heldOutLoss: loss === null ? null : measure(loss) },
    retrieval: nothing,
  });
  const scorecard = (base: number | null, adapter: number | null): Scorecard => ({
    ...{ schemaVersion: 1, base: arm(base), adapter: arm(adapter), generalLoss: null, improvement: null },
    ...{
      stopping: null,
      parity: null,
      predecessor: null,
      memorised: null,
      strings: null,
      leaked: null,
      uses: null,
      strength: 1,
      strengthChoice: null,
      retrievalChoice: null,
      twoByTwo: null,
      promoted: true,
      reason: 'Better.',
      margin: 0,
    },
    ...{ adapterVersion: 1, files: 1, seed: 1, dataHash: '', evaluatedAt: time },
  });
  const line = (card: Scorecard | null) => logLine({ type: 'evaluation-end', time, scorecard: card });
  expect(line(scorecard(2.0561, 1.9))).toBe("Held-out loss 1.900, the base model's 2.056.");
  expect(line(scorecard(2, null))).toBe('The scorecard is complete.');
  expect(line(null)).toBe('The scorecard is complete.');
});

it('logs what a reader wants to know, and no single step', () => {
  expect(logLine(step(1, 2))).toBeNull();
  expect(logLine({ type: 'validation-end', time, step: 2, loss: 1.9, best: true })).toBe(
    'Step 2: validation loss 1.900, the best so far.',
  );
  expect(
    logLine({ type: 'run-fail', time, error: { code: 'a.b', message: 'It broke.', remedy: 'Mend it.' } }),
  ).toBe('Failed: It broke.');
});
