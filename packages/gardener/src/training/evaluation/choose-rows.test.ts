import { expect, it } from 'vitest';
import type { RunData } from '../data/run-data.js';
import type { HeldOutFile, HeldOutGap } from '../data/split/held-out.js';
import { chooseRows } from './choose-rows.js';

const row = (length: number) => ({
  tokens: new Int32Array(length),
  supervised: new Uint8Array(length).fill(1),
});
const gap = (length: number): HeldOutGap => ({
  ...{ kind: 'line', example: row(length), text: '', start: 1, end: 2 },
  gap: { before: '', after: '', place: { repository: '', path: '', files: [], comments: '' } },
});
const file = (path: string, windows: number[], gaps: number[]): HeldOutFile => ({
  ...{ path, before: [], lines: [] },
  examples: windows.map(row),
  gaps: gaps.map(gap),
});
const data = (files: HeldOutFile[], seed = 1) =>
  ({ heldOut: files, manifest: { seed } }) as Pick<RunData, 'heldOut' | 'manifest'>;
const many = data(Array.from({ length: 40 }, (_, i) => file(`${i}.py`, [100, 100], [50, 50])));
const counts = (chosen: ReturnType<typeof chooseRows>) =>
  chosen.map(({ examples, gaps }) => [examples.length, gaps.length]);
const scoredFiles = (chosen: ReturnType<typeof chooseRows>) =>
  chosen.filter(({ examples }) => examples.length > 0).map(({ file }) => file.path);

it('takes everything where there is time for everything', () => {
  expect(counts(chooseRows(many, 1e9, null))).toEqual(Array.from({ length: 40 }, () => [2, 2]));
});

it('takes the first row of every file before the second of any, as far as the time goes', () => {
  // 40 gaps of 50 take a third; 40 windows of 100 and three more the rest.
  const chosen = counts(chooseRows(many, 6_300, null));
  expect(chosen.every(([windows, gaps]) => windows === 1 || windows === 2 || gaps === 1)).toBe(true);
  expect(chosen.reduce((sum, [windows = 0]) => sum + windows, 0)).toBe(42);
});

it('without time it takes one row each of sixteen files, drawn by the seed and not the first ones', () => {
  const chosen = chooseRows(many, -1, null);
  expect(scoredFiles(chosen)).toHaveLength(16);
  expect(counts(chosen).every(([windows = 0, gaps = 0]) => windows <= 1 && gaps <= 1)).toBe(true);
  expect(chooseRows(many, -1, null)).toEqual(chosen);
  const other = chooseRows({ ...many, manifest: { ...many.manifest, seed: 2 } }, -1, null);
  expect(scoredFiles(other)).not.toEqual(scoredFiles(chosen));
});

it('takes all files of a small codebase, and no row behind one that did not fit', () => {
  const few = data([file('a.py', [100, 900, 10], []), file('b.py', [100], [])]);
  expect(counts(chooseRows(few, -1, null))).toEqual([
    [1, 0],
    [1, 0],
  ]);
  expect(counts(chooseRows(few, 300, null))).toEqual([
    [1, 0],
    [1, 0],
  ]);
});
