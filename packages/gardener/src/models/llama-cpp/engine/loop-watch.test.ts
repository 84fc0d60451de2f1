import { expect, test } from 'vitest';
import { LoopWatch } from './loop-watch.js';

/** The index at which a loop is noticed, or null. */
function noticedAt(tokens: readonly number[]): number | null {
  const watch = new LoopWatch();
  const at = tokens.findIndex((token) => watch.push(token));
  return at < 0 ? null : at;
}

const passage = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

test.each([16, 61, 192])('a passage of %i tokens is noticed at the end of its third time', (length) => {
  const before = passage(37, 10_000);
  const loop = passage(length);
  expect(noticedAt([...before, ...loop, ...loop, ...loop, ...loop])).toBe(before.length + 3 * length - 1);
  expect(noticedAt([...before, ...loop, ...loop])).toBeNull();
});

test('what differs each time is no loop, nor is what comes back after something else', () => {
  const lines = Array.from({ length: 20 }, (_, line) => [...passage(30), 1000 + line]).flat();
  expect(noticedAt(lines)).toBeNull();
  const separated = Array.from({ length: 6 }, (_, i) => [...passage(40), ...passage(i + 1, 5000 + 100 * i)]);
  expect(noticedAt(separated.flat())).toBeNull();
  expect(noticedAt(passage(2000))).toBeNull();
});

test('a short unit over and over is a loop once it fills three of the shortest passages', () => {
  expect(noticedAt(new Array(100).fill(7))).toBe(47);
});
