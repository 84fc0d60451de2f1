import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../data/random.js';
import { bootstrapInterval, meanByFile, relativeImprovement } from './statistics.js';

describe('bootstrapInterval', () => {
  test('has about 95 % coverage of a known mean', () => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const random = seededRandom(trial, 'coverage');
      const items = Array.from({ length: 40 }, () => random());
      const mean = (sample: readonly number[]): number => sample.reduce((a, b) => a + b, 0) / sample.length;
      const { low, high } = bootstrapInterval(items, mean, { seed: trial, resamples: 400 });
      if (low <= 0.5 && high >= 0.5) covered++;
    }
    expect(covered / 200).toBeGreaterThan(0.88);
    expect(covered / 200).toBeLessThan(0.99);
  });

  test('one item proves nothing, none is no figure', () => {
    expect(bootstrapInterval([1], ([x]) => x as number)).toEqual({
      value: 1,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
    expect(bootstrapInterval([], () => 0).value).toBeNaN();
  });
});

describe('figures by file', () => {
  test('a mean is weighted by count and lies in its interval', () => {
    const file = fc.record({
      sum: fc.double({ min: 0, max: 100, noNaN: true }),
      count: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(file, { minLength: 2, maxLength: 12 }), (files) => {
        const measure = meanByFile(files, 1);
        const sum = files.reduce((total, { sum }) => total + sum, 0);
        const count = files.reduce((total, { count }) => total + count, 0);
        expect(measure?.value).toBeCloseTo(sum / count, 9);
        expect(measure?.n).toBe(count);
        expect(measure?.low).toBeLessThanOrEqual((measure?.high as number) + 1e-12);
      }),
      { numRuns: 30 },
    );
  });

  test('pairing removes the spread between files: a steady 10 % shows as 10 % with no width', () => {
    const files = [1, 20, 300, 4000].map((base) => ({ base, adapter: base * 0.9, tokens: 100 }));
    const improvement = relativeImprovement(files, 7);
    expect(improvement?.value).toBeCloseTo(0.1, 9);
    expect(improvement?.low).toBeCloseTo(0.1, 9);
    expect(improvement?.high).toBeCloseTo(0.1, 9);
  });

  test('files with nothing counted do not count', () => {
    expect(meanByFile([{ sum: 0, count: 0 }], 1)).toBeNull();
    expect(relativeImprovement([], 1)).toBeNull();
  });
});
