import { expect, test } from 'vitest';
import { isTarget, windowsOf } from './example.js';

test('windows are of one length, the rest is a shorter one, a single token is dropped', () => {
  const tokens = Int32Array.from({ length: 11 }, (_, i) => i);
  const lengths = (length: number) => windowsOf(tokens, length).map((window) => window.tokens.length);
  expect(lengths(4)).toEqual([4, 4, 3]);
  expect(lengths(5)).toEqual([5, 5]);
  expect(lengths(100)).toEqual([11]);
  expect(windowsOf(tokens.subarray(0, 1), 4)).toEqual([]);
  expect([...(windowsOf(tokens, 4)[1]?.tokens ?? [])]).toEqual([4, 5, 6, 7]);
  expect(() => windowsOf(tokens, 1)).toThrow(RangeError);
});

test('without a mask every token but the first is a target', () => {
  const tokens = Int32Array.of(7, 8, 9);
  expect([0, 1, 2].map((index) => isTarget({ tokens }, index))).toEqual([false, true, true]);
  const supervised = Uint8Array.of(1, 0, 1);
  expect([0, 1, 2].map((index) => isTarget({ tokens, supervised }, index))).toEqual([false, false, true]);
});
