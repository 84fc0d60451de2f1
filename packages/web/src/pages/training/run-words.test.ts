import { expect, it } from 'vitest';
import type { RunView } from '../../api/types.js';
import { newestToShow, outcomeOf, runWords } from './run-words.js';

const run: RunView = {
  ...{ id: 'a', kind: 'train', createdAt: '2026-11-24T20:00:00Z', status: 'completed', reason: null },
  ...{
    finished: true,
    step: 9,
    steps: 9,
    loss: 1,
    validationLoss: 1,
    tokensPerSecond: 1,
    peakMemoryBytes: 1,
  },
  ...{ etaMs: null, error: null, adapterVersion: 3, promoted: true, updatedAt: null, budgetMs: null },
};

it('says what came of a run', () => {
  expect(outcomeOf(run)).toBe('Adapter 3, promoted');
  expect(outcomeOf({ ...run, promoted: false })).toBe('Adapter 3, not promoted');
  expect(outcomeOf({ ...run, adapterVersion: null, reason: 'Too little code.' })).toBe('Too little code.');
  expect(outcomeOf({ ...run, adapterVersion: null })).toBe('');
  expect(outcomeOf({ ...run, finished: false })).toBe('');
  expect(outcomeOf({ ...run, kind: 'index' })).toBe('Index renewed');
  const error = { code: 'a.b', message: 'It broke.', remedy: 'Mend it.' };
  expect(outcomeOf({ ...run, error })).toBe('It broke.');
});

it('names a state, and whether something is going on', () => {
  expect(runWords(run)).toEqual({ label: 'Completed', tone: 'good', busy: false });
  expect(runWords({ ...run, status: 'evaluating', finished: false })).toMatchObject({
    label: 'Measuring',
    busy: true,
  });
  expect(runWords({ ...run, status: 'paused', finished: false })).toEqual({
    label: 'Paused',
    tone: 'warn',
    busy: false,
  });
});

it('calls all work of an index run indexing, and what waits waiting', () => {
  const index = { ...run, kind: 'index', finished: false } as const;
  expect(runWords({ ...index, status: 'preparing' })).toMatchObject({ label: 'Indexing', busy: true });
  expect(runWords({ ...index, status: 'queued' })).toMatchObject({ label: 'Waiting', busy: true });
  expect(runWords({ ...index, status: 'completed', finished: true }).label).toBe('Completed');
});

it('shows what is under way, else the last training, else whatever there is', () => {
  const index: RunView = { ...run, id: 'index', kind: 'index' };
  const older: RunView = { ...run, id: 'older' };
  expect(newestToShow([index, run, older])?.id).toBe('a');
  expect(newestToShow([{ ...index, finished: false }, run])?.id).toBe('index');
  expect(newestToShow([index])?.id).toBe('index');
  expect(newestToShow([])).toBeUndefined();
});
