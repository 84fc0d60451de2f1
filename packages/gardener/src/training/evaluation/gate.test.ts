import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, type GateScores } from './gate.js';

const good: GateScores = {
  baseLoss: 1.5,
  adapterLoss: 1.3,
  improvement: { value: 0.133, low: 0.1, high: 0.16, n: 9000 },
  stopping: { base: 0.8, adapter: 0.85, n: 20 },
  generalLoss: { base: 1.2, adapter: 1.22 },
  parity: { baseAgreement: 0.96, adapterAgreement: 0.96, adapterLossDifference: 0.004, n: 1000 },
};

const share = fc.double({ min: 0, max: 1, noNaN: true });
const scores: fc.Arbitrary<GateScores> = fc.record({
  baseLoss: fc.double({ min: 0.1, max: 5, noNaN: true }),
  adapterLoss: fc.double({ min: 0.1, max: 5, noNaN: true }),
  improvement: fc.option(
    fc.record({ value: share, low: fc.double({ min: -1, max: 1, noNaN: true }), high: share, n: fc.nat() }),
  ),
  stopping: fc.option(fc.record({ base: share, adapter: share, n: fc.constant(20) })),
  generalLoss: fc.option(fc.record({ base: fc.double({ min: 0.1, max: 5, noNaN: true }), adapter: share })),
  parity: fc.option(
    fc.record({ baseAgreement: share, adapterAgreement: share, adapterLossDifference: share, n: fc.nat() }),
  ),
});

describe('decide', () => {
  test('promotes a clear improvement and gives both figures', () => {
    const { promoted, reason } = decide(good, 0.01);
    expect(promoted).toBe(true);
    expect(reason).toContain('1.500');
    expect(reason).toContain('1.300');
  });

  test.each<[string, Partial<GateScores>, RegExp]>([
    [
      'interval touches the margin',
      { improvement: { value: 0.05, low: 0.009, high: 0.1, n: 9 } },
      /from 1\.500 to 1\.300/,
    ],
    ['single file', { improvement: { value: 0.2, low: -Infinity, high: Infinity, n: 9 } }, /single file/],
    ['nothing measured', { improvement: null }, /could not be measured/],
    ['loss is not a number', { adapterLoss: Number.NaN }, /could not be measured/],
    ['stopping broken', { stopping: { base: 0.8, adapter: 0.6, n: 20 } }, /12 of 20 .* the base 16/],
    ['forgetting', { generalLoss: { base: 1, adapter: 1.2 } }, /1\.000 to 1\.200/],
    [
      'export disagrees',
      { parity: { baseAgreement: 0.96, adapterAgreement: 0.5, adapterLossDifference: 0.3, n: 9 } },
      /llama\.cpp/,
    ],
    ['held-out code leaked into the training data', { leaked: 0.4 }, /40\.0 % of the held-out code/],
    [
      'random strings are recited',
      { strings: { base: 0, adapter: 2, n: 10 } },
      /2 of 10 long random strings/,
    ],
  ])('refuses: %s', (_, change, sentence) => {
    const { promoted, reason } = decide({ ...good, ...change }, 0.01);
    expect(promoted).toBe(false);
    expect(reason).toMatch(sentence);
  });

  test('an adapter that is worse at one use is promoted and leaves it to the base; worse at both, it is not served', () => {
    const worse = {
      serves: 'base',
      base: 4,
      adapter: 0,
      n: 10,
      alone: null,
      retrieved: null,
      reason: 'Right in 0 of 10.',
    } as const;
    const fine = { ...worse, serves: 'adapter', adapter: 4 } as const;
    const completes = decide({ ...good, uses: { completion: worse, answers: fine } }, 0.01);
    expect(completes.promoted).toBe(true);
    expect(completes.reason).toContain('The base goes on completing code: Right in 0 of 10.');
    const answers = decide({ ...good, uses: { completion: fine, answers: worse } }, 0.01);
    expect(answers).toMatchObject({ promoted: true, reason: expect.stringContaining('answering questions') });
    expect(decide({ ...good, uses: { completion: worse, answers: worse } }, 0.01).promoted).toBe(false);
    expect(decide({ ...good, uses: { completion: worse, answers: null } }, 0.01).promoted).toBe(false);
    expect(decide({ ...good, uses: { completion: null, answers: null } }, 0.01).promoted).toBe(true);
  });

  test('an adapter that recites what it was trained on is refused; what the base recites as well does not count', () => {
    const memorised = (base: number, adapter: number) =>
      decide({ ...good, memorised: { base, adapter, n: 20 } }, 0.01);
    expect(memorised(0, 3).promoted).toBe(true);
    expect(memorised(0, 4)).toMatchObject({
      promoted: false,
      reason: expect.stringContaining('4 of 20 passages'),
    });
    expect(memorised(10, 12).promoted).toBe(true);
  });

  test('a little boilerplate is no leak, and one string more is chance', () => {
    expect(decide({ ...good, leaked: 0.1 }, 0.01).promoted).toBe(true);
    expect(decide({ ...good, strings: { base: 1, adapter: 2, n: 10 } }, 0.01).promoted).toBe(true);
  });

  test('three answers fewer of twenty still pass, and nine in ten pass always', () => {
    expect(decide({ ...good, stopping: { base: 0.8, adapter: 0.65, n: 20 } }, 0.01).promoted).toBe(true);
    expect(decide({ ...good, stopping: { base: 1, adapter: 0.9, n: 20 } }, 0.01).promoted).toBe(true);
    expect(decide({ ...good, stopping: { base: 1, adapter: 0.8, n: 10 } }, 0.01).promoted).toBe(true);
    expect(decide({ ...good, stopping: { base: 1, adapter: 0.25, n: 4 } }, 0.01).promoted).toBe(false);
  });

  test('fewer filled gaps are chance while they are few, or while files disagree', () => {
    const gaps = { base: 20, adapter: 14, difference: { value: -0.1, low: -0.2, high: -0.01, n: 60 } };
    const refused = decide({ ...good, gaps }, 0.01);
    expect(refused.promoted).toBe(false);
    expect(refused.reason).toBe(
      'The adapter is not served: with it 14 of 60 gaps in held-out code are filled exactly, with the base 20.',
    );
    expect(decide({ ...good, gaps: { ...gaps, adapter: 16 } }, 0.01).promoted).toBe(true);
    const unsure = { ...gaps, difference: { ...gaps.difference, high: 0.02 } };
    expect(decide({ ...good, gaps: unsure }, 0.01).promoted).toBe(true);
  });

  test('an adapter that was continued has to be better than the one it came from', () => {
    expect(decide({ ...good, predecessor: { version: 2, loss: 1.31 } }, 0.01).promoted).toBe(true);
    const { promoted, reason } = decide({ ...good, predecessor: { version: 2, loss: 1.29 } }, 0.01);
    expect(promoted).toBe(false);
    expect(reason).toMatch(/is 1\.300, and adapter 2, .* has 1\.290\.$/);
  });

  test('llama.cpp may agree as much less as rounding and so few positions explain', () => {
    const promoted = (baseAgreement: number, adapterAgreement: number, n: number) => {
      const parity = { baseAgreement, adapterAgreement, adapterLossDifference: 0.001, n };
      return decide({ ...good, parity }, 0.01).promoted;
    };
    // Measured with an adapter that was exported as it should be, on a processor without AVX-512.
    expect(promoted(0.995, 0.975, 1066)).toBe(true);
    expect(promoted(0.96, 0.93, 1000)).toBe(true);
    // Measured at half the strength, whose loss is off by no more than 2.9 %, and without the adapter.
    expect(promoted(0.972, 0.872, 1000)).toBe(false);
    expect(promoted(0.972, 0.739, 1000)).toBe(false);
    expect(promoted(0.96, 0.9, 1000)).toBe(false);
    expect(promoted(0.96, 0.9, 100)).toBe(true);
    expect(
      decide({ ...good, parity: { ...good.parity!, adapterLossDifference: 0.021 } }, 0.01).promoted,
    ).toBe(false);
  });

  test('never promotes at or below the margin, and the reason is one sentence', () => {
    fc.assert(
      fc.property(scores, share, (measured, margin) => {
        const { promoted, reason } = decide(measured, margin);
        if (promoted) expect(measured.improvement?.low).toBeGreaterThan(margin);
        expect(reason).toMatch(/^The adapter .*\.$/);
      }),
    );
  });

  test('a larger margin never promotes what a smaller one refused', () => {
    fc.assert(
      fc.property(scores, share, share, (measured, a, b) => {
        const strict = decide(measured, Math.max(a, b)).promoted;
        if (strict) expect(decide(measured, Math.min(a, b)).promoted).toBe(true);
      }),
    );
  });
});
