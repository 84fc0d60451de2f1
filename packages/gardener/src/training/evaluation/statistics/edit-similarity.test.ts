import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editSimilarity } from './edit-similarity.js';

test('known distances', () => {
  expect(editSimilarity('kitten', 'sitting')).toBeCloseTo(1 - 3 / 7);
  expect(editSimilarity('  return x', 'return x\n')).toBe(1);
  expect(editSimilarity('abc', 'xyz')).toBe(0);
  expect(editSimilarity('', '')).toBe(1);
  expect(editSimilarity('', 'abc')).toBe(0);
});

test('is symmetric, between 0 and 1, and 1 only for equal texts', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.string({ maxLength: 30 }), (a, b) => {
      const similarity = editSimilarity(a, b);
      expect(similarity).toBe(editSimilarity(b, a));
      expect(similarity).toBeGreaterThanOrEqual(0);
      expect(similarity === 1).toBe(a.trim() === b.trim());
    }),
  );
});
