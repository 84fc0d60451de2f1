import { expect, it } from 'vitest';
import { acrossBases, betterThanCurrent, worseThanCurrent } from './across-bases.js';
import type { TextScore } from './compare/text-scores.js';

const text = (bits: number): TextScore => ({
  ...{ nats: bits * 10 * Math.LN2, bytes: 10, tokens: 5 },
  ...{ matchedLines: 0, lines: 0 },
});
const side = (base: string, version: number | null, own: number[], adapter: number[] | null) => ({
  ...{ base, version },
  scores: { base: own.map(text), adapter: adapter?.map(text) ?? null },
});

it('compares by bits per byte on the texts that both have scored', () => {
  const across = acrossBases(side('old', 3, [2, 2, 9], [1, 1, 9]), side('new', 4, [1.5, 1.5], [0.5, 0.5]));
  expect(across).toEqual({
    current: { base: 'old', adapter: 3, bitsPerByte: expect.closeTo(1) },
    next: { base: 'new', adapter: 4, bitsPerByte: expect.closeTo(0.5) },
    untouched: { base: 'new', adapter: null, bitsPerByte: expect.closeTo(1.5) },
    texts: 2,
  });
  expect(worseThanCurrent(across)).toBeNull();
  expect(betterThanCurrent(across)).toBe(
    ' On new it has 0.500 bits per byte; adapter 3 on old, which answered before, has 1.000 bits per byte.',
  );
});

it('an adapter that is worse than what answers now is not served; whether its base alone would be better is told', () => {
  const worse = acrossBases(side('old', null, [1], null), side('new', 4, [0.8], [1.2]));
  expect(worseThanCurrent(worse)).toBe(
    'The adapter is not served: on new it has 1.200 bits per byte on held-out code, and old without an adapter, which ' +
      'goes on answering, has 1.000 bits per byte. new without an adapter has 0.800 bits per byte.',
  );
  expect(acrossBases(side('old', null, [], null), side('new', 4, [1], [1]))).toBeNull();
  expect([worseThanCurrent(null), betterThanCurrent(null)]).toEqual([null, '']);
});
