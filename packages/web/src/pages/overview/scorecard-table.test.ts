import { expect, it } from 'vitest';
import type { Measure, Metrics } from '../../api/types.js';
import { isSurelyBetter } from './scorecard-table.js';

const measure = (value: number, spread: number): Measure => ({
  ...{ value, n: 9 },
  ...{ low: value - spread, high: value + spread },
});
const metrics = (loss: Measure | null, lines: Measure | null = null): Metrics => ({
  ...{ heldOutLoss: loss, bitsPerByte: null, exactMatch: lines },
  ...{ editSimilarity: null, fimExactMatch: null, fimEditSimilarity: null },
});

it('takes what was compared file by file for the losses without retrieval, and for no other row', () => {
  const loss = { key: 'heldOutLoss', lower: true } as const;
  const card = {
    base: { noRetrieval: metrics(measure(2, 0.5)), retrieval: metrics(measure(1.5, 0.5)) },
    adapter: { noRetrieval: metrics(measure(1.9, 0.5)), retrieval: metrics(measure(1.6, 0.5)) },
    improvement: { value: 0.05, low: 0.02, high: 0.08, n: 9 },
  };
  expect(isSurelyBetter(loss, card, 'noRetrieval')).toBe(true);
  expect(isSurelyBetter(loss, card, 'retrieval')).toBe(false);
  const apart = { ...card, adapter: { ...card.adapter, retrieval: metrics(measure(0.5, 0.1)) } };
  expect(isSurelyBetter(loss, apart, 'retrieval')).toBe(true);
});

it('asks of the rest that the intervals do not meet', () => {
  const lines = { key: 'exactMatch', lower: false } as const;
  const side = (value: number) => ({
    noRetrieval: metrics(null, measure(value, 0.02)),
    retrieval: metrics(null),
  });
  const card = (adapter: number) => ({ base: side(0.1), adapter: side(adapter), improvement: null });
  expect(isSurelyBetter(lines, card(0.2), 'noRetrieval')).toBe(true);
  expect(isSurelyBetter(lines, card(0.13), 'noRetrieval')).toBe(false);
  expect(isSurelyBetter(lines, card(0.2), 'retrieval')).toBe(false);
});
