import { expect, it } from 'vitest';
import { stretched } from './stretch.js';

const of = (scores: Record<string, number>) => Object.fromEntries(stretched(new Map(Object.entries(scores))));

it('stretches scores to 0..1', () => {
  expect(of({ a: 30, b: 20, c: 10 })).toEqual({ a: 1, b: 0.5, c: 0 });
});

it('counts a single score, or equal ones, as the best; nothing gives nothing', () => {
  expect(of({ a: 3 })).toEqual({ a: 1 });
  expect(of({ a: -2, b: -2 })).toEqual({ a: 1, b: 1 });
  expect(of({})).toEqual({});
});
