import { expect, test } from 'vitest';
import { inReport } from './engine-report.js';

const VALIDATION = { type: 'validation-end', step: 40, loss: 1, best: false } as const;

test('a training whose patience is used up by states that forget is not said to have stopped learning', () => {
  expect(inReport({ ...VALIDATION, strength: 1, retainedRise: 0.5 })).toEqual([
    VALIDATION,
    { type: 'log', message: expect.stringMatching(/^At step 40 the model forgets: .* 50\.0 % above/) },
  ]);
  const [told] = inReport({ type: 'train-end', reason: 'early-stop', bestStep: 20, validationLoss: 2 });
  expect(told).toEqual({
    type: 'log',
    message:
      'Training ended early: no state after step 20 was better on validation files without forgetting general code.',
  });
});

test('of a state that forgets, it is said how much of it counts', () => {
  expect(inReport({ ...VALIDATION, strength: 0.72, retainedRise: 0.1 })).toEqual([
    VALIDATION,
    { type: 'log', message: expect.stringMatching(/^At step 40 .* With 72 % .* 10\.0 % above/) },
  ]);
  expect(inReport({ ...VALIDATION, strength: 1, retainedRise: 0.01 })).toEqual([VALIDATION]);
  expect(inReport({ ...VALIDATION, strength: 1, retainedRise: null })).toEqual([VALIDATION]);
});

test('an end as planned needs no words', () => {
  for (const reason of ['steps', 'budget', 'aborted'] as const)
    expect(inReport({ type: 'train-end', reason, bestStep: 20, validationLoss: 2 })).toEqual([]);
});
