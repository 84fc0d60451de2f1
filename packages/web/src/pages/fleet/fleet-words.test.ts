import { expect, it } from 'vitest';
import type { FleetRow } from '../../api/types.js';
import { bitsWords, groupOf, runDetail, runState, shownRows } from './fleet-words.js';

type Run = NonNullable<FleetRow['run']>;

const run = (fields: Partial<Run>): Run => ({
  ...{ id: 'r', kind: 'train', status: 'completed', finished: true, reason: null, progress: null },
  ...{ step: null, steps: null, etaMs: null, failures: [], updatedAt: null },
  ...fields,
});

const row = (name: string, fields: Partial<FleetRow> = {}): FleetRow => ({
  project: { id: name, name, path: `/code/${name}`, baseModel: 'base', isAway: false },
  index: { state: 'ready', files: 3, chunks: 9 },
  ...{ run: null, adapter: { version: null, promoted: false }, verdict: null, bitsPerByte: null },
  ...fields,
});

const failure = (message: string) => ({ code: 'train.diverged', message, remedy: 'Do it.', time: 't' });

it('says what a run is about, and how far it is', () => {
  const words = (fields: Partial<Run>) => runState({ run: run(fields) }).label;
  expect(runState({ run: null })).toEqual({ tone: 'plain', label: 'Not trained', busy: false });
  expect(words({ status: 'training', finished: false, progress: 0.429 })).toBe('Training 42 %');
  expect(words({ kind: 'index', status: 'preparing', finished: false, progress: 0.5 })).toBe('Indexing 50 %');
  expect(words({ status: 'completed', progress: 1 })).toBe('Completed');
});

it('says why a run failed, and which try it is', () => {
  const failures = [failure('No memory.'), failure('No disk.')];
  expect(runDetail({ run: run({ status: 'failed', failures }) })).toBe('2 tries. No disk.');
  expect(runDetail({ run: run({ status: 'queued', finished: false, failures }) })).toBe(
    'try 3, after: No disk.',
  );
  expect(runDetail({ run: run({}) })).toBeNull();
});

it('compares bits per byte in both directions', () => {
  expect(bitsWords({ base: 1.5, adapter: 1.2 })).toBe('1.500 to 1.200, 20.0 % lower');
  expect(bitsWords({ base: 1, adapter: 1.1 })).toBe('1.000 to 1.100, 10.0 % higher');
});

it('shows each row in one group, found by name and path', () => {
  const rows = [
    row('shop', { run: run({ status: 'queued', finished: false }) }),
    row('api', { run: run({ status: 'failed' }), verdict: 'promoted' }),
    row('web', { run: run({}), verdict: 'promoted' }),
    row('docs'),
  ];
  expect(rows.map(groupOf)).toEqual(['working', 'failed', 'promoted', 'other']);
  expect(shownRows(rows, 'all', 'CODE/w').map(({ project }) => project.name)).toEqual(['web']);
  expect(shownRows(rows, 'failed', '').map(({ project }) => project.name)).toEqual(['api']);
});
