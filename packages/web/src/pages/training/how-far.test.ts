import { expect, it } from 'vitest';
import { howFar } from './how-far.js';

const run = { status: 'training', kind: 'train', finished: false, step: 30, steps: 120 } as const;
const early = { ...run, status: 'preparing', step: 0, steps: null } as const;
const stage = { stage: 'embedding-chunks', done: 1_250, total: 5_000, label: 'src/cart.ts' };

it('tells a training in its steps, whatever a stage counts', () => {
  expect(howFar(run, stage)).toEqual({ value: 0.25, words: 'Step 30 of 120', label: null });
  expect(howFar({ ...run, status: 'paused' }, null)).toMatchObject({ value: 0.25 });
});

it('tells what its stage counts before the first step, and while it is measured', () => {
  const words = 'Embedding chunks: 1,250 of 5,000';
  expect(howFar(early, stage)).toEqual({ value: 0.25, words, label: 'src/cart.ts' });
  expect(howFar({ ...run, status: 'evaluating' }, stage)).toMatchObject({ value: 0.25, words });
});

it('shows no share where the stage cannot count: that of something else would stand under its words', () => {
  expect(howFar(early, { ...stage, done: null, total: null })).toEqual({
    value: null,
    words: 'Embedding chunks',
    label: 'src/cart.ts',
  });
  expect(howFar(early, null)).toEqual({ value: null, words: 'Preparing', label: null });
});

it('shows no bar while it waits, nor one that is full while the work goes on', () => {
  expect(howFar({ ...run, status: 'queued' }, null).value).toBeNull();
  expect(howFar({ ...run, step: 120 }, null).value).toBeNull();
  expect(howFar({ ...run, step: 0, steps: 0 }, null).value).toBe(0);
});
