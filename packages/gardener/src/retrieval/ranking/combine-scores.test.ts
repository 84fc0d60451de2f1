import { expect, it } from 'vitest';
import { combineScores } from './combine-scores.js';

it('stretches each ranking to 0..1, weighs it and adds', () => {
  const combined = combineScores([
    {
      scores: new Map([
        ['a', 30],
        ['b', 20],
        ['c', 10],
      ]),
      weight: 1,
    },
    {
      scores: new Map([
        ['b', 0.9],
        ['d', 0.1],
      ]),
      weight: 0.5,
    },
  ]);
  expect(Object.fromEntries(combined)).toEqual({ a: 1, b: 1, c: 0, d: 0 });
});

it('counts a single result, or equal ones, as the best; nothing gives nothing', () => {
  const combined = combineScores([
    { scores: new Map(), weight: 1 },
    { scores: new Map([['a', 3]]), weight: 0.5 },
    {
      scores: new Map([
        ['b', 2],
        ['c', 2],
      ]),
      weight: 1,
    },
  ]);
  expect(Object.fromEntries(combined)).toEqual({ a: 0.5, b: 1, c: 1 });
});
