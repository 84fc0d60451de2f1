import { expect, it } from 'vitest';
import { testFile } from '../../data/codebase.fixture.js';
import { freshGapsOf } from './fresh-gaps.js';
import { judgeWritten } from './measure-places.js';
import type { Arm, ArmOutcome, PlaceOutcome } from './place-outcome.js';
import { makeTwoByTwo, twoByTwoSchema } from './two-by-two.js';

const wrote = (right: boolean): ArmOutcome => ({
  ...{ exact: right, firstLine: right, similarity: right ? 1 : 0.5, valid: null, ms: right ? 100 : 300 },
});
const outcome = (path: string, right: readonly Arm[]): PlaceOutcome => ({
  ...{ id: path, path, kind: 'line' },
  arms: {
    baseAlone: wrote(right.includes('baseAlone')),
    baseRetrieved: wrote(right.includes('baseRetrieved')),
    adapterAlone: wrote(right.includes('adapterAlone')),
    adapterRetrieved: wrote(right.includes('adapterRetrieved')),
  },
});

it('counts places and files, and pairs the arms by file', () => {
  const outcomes = ['a.py', 'b.py', 'c.py'].flatMap((path) => [
    outcome(path, ['adapterAlone', 'adapterRetrieved']),
    outcome(path, ['baseRetrieved', 'adapterRetrieved']),
  ]);
  const made = makeTwoByTwo(outcomes, 1);
  expect(made).toMatchObject({ places: 6, files: 3 });
  expect(made?.arms.baseAlone.exact).toMatchObject({ value: 0, n: 6 });
  expect(made?.arms.adapterRetrieved).toMatchObject({ exact: { value: 1 }, valid: null, medianMs: 100 });
  // Every file says the same, so that chance explains nothing.
  expect(made?.differences.both.exact).toMatchObject({ value: 1, low: 1, high: 1 });
  expect(made?.differences.retrievalOfAdapter.firstLine).toMatchObject({ value: 0.5, low: 0.5 });
  expect(twoByTwoSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
});

it('one file has no interval, and comes back from disk without one; no place is nothing', () => {
  const made = makeTwoByTwo([outcome('a.py', ['baseAlone'])], 1);
  expect(made?.differences.both.exact).toMatchObject({ value: -1, low: Number.NEGATIVE_INFINITY });
  expect(twoByTwoSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
  expect(makeTwoByTwo([], 1)).toBeNull();
});

const place = {
  kind: 'statement' as const,
  text: 'total(\n  prices)',
  alone: {
    ...{ prompt: 'x = ', suffix: '\ny = 1\n' },
    place: { repository: '', path: 'a.py', files: [], comments: '' },
  },
};
const countParentheses = (text: string) => Math.abs(text.split('(').length - text.split(')').length);

it('a base that sees what follows has to write it to its end, another one to begin with it', () => {
  expect(judgeWritten(place, 'total(\n  prices)', true, null)).toMatchObject({
    exact: true,
    firstLine: true,
  });
  const goesOn = 'total(\n  prices)\nz = 2';
  expect(judgeWritten(place, goesOn, true, null)).toMatchObject({ exact: false, firstLine: true });
  expect(judgeWritten(place, goesOn, false, null)).toMatchObject({ exact: true, valid: null });
});

it('code is as valid as with what really stood there, or it is not', () => {
  expect(judgeWritten(place, 'sum(prices)', true, countParentheses).valid).toBe(true);
  expect(judgeWritten(place, 'sum(prices', true, countParentheses).valid).toBe(false);
  // As many lines count as there were.
  expect(judgeWritten(place, 'sum(\n  prices)\n(((', false, countParentheses).valid).toBe(true);
  expect(judgeWritten({ ...place, kind: 'arguments' }, 'x', false, countParentheses).valid).toBeNull();
});

it('fresh gaps touch nothing that was measured before, from the files in turn', () => {
  const sides = ['a.py', 'b.py'].map((path) => ({
    file: testFile(path, { functions: 12 }),
    excludedLines: [],
  }));
  const options = { repository: 'shop', seed: 1 };
  const first = freshGapsOf(sides, [], 8, options);
  expect(first.map(({ path, gaps }) => [path, gaps.length])).toEqual([
    ['a.py', 4],
    ['b.py', 4],
  ]);
  const seen = first.flatMap(({ path, gaps }) =>
    gaps.map(({ gap, text }) => ({ path, before: gap.before, text })),
  );
  const next = freshGapsOf(sides, seen, 8, options);
  const texts = next.flatMap(({ gaps }) => gaps.map(({ gap, text }) => gap.before.slice(-40) + text));
  expect(texts.length).toBeGreaterThan(0);
  for (const { before, text } of seen) expect(texts).not.toContain(before.slice(-40) + text);
});
