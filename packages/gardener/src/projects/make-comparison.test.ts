import { describe, expect, it } from 'vitest';
import { comparisonSchema } from '../training/evaluation/compare/comparison.js';
import type { TextScore } from '../training/evaluation/compare/text-scores.js';
import { makeComparison, type Outcome, TRAINING_PER_SCORING } from './make-comparison.js';

const texts = ['a', 'b'].map((path) => ({ path, header: '', code: '0123456789' }));
const ground = { texts, trainingBytes: 6_000, heldOutFrom: 'split' as const, madeAt: new Date(0) };

function score(bits: number): TextScore {
  return { nats: bits * 10 * Math.LN2, bytes: 10, tokens: 5, matchedLines: 1, lines: 2 };
}

function outcome(id: string, bits: number[], adapterBits: number[] | null = null): Outcome {
  return {
    id,
    bytes: 100,
    measured: {
      base: bits.map(score),
      adapter: adapterBits?.map(score) ?? null,
      gaps: null,
      adapterProblem: null,
      scoringTokensPerSecond: 1_000,
      trainingTokensPerSecond: 100,
      trainingMemoryBytes: 7,
      contextMemoryBytes: 23,
    },
    adapterVersion: adapterBits === null ? null : 3,
    answering: 30,
    problem: null,
  };
}

describe('a comparison', () => {
  it('is over the texts that every base has scored, the best first', () => {
    const made = makeComparison(
      [outcome('large', [1, 1]), outcome('small', [2, 2, 9], [0.5, 0.5, 9])],
      ground,
    );
    expect(comparisonSchema.parse(made)).toEqual(made);
    expect(made).toMatchObject({
      files: 2,
      texts: 2,
      bytes: 20,
      lines: 4,
      madeAt: '1970-01-01T00:00:00.000Z',
    });
    expect(made.bases.map(({ id }) => id)).toEqual(['small', 'large']);
    const [small] = made.bases;
    expect(small?.figures?.bitsPerByte).toBeCloseTo(2);
    expect(small?.figures?.adapter).toMatchObject({ version: 3, nextLineExact: 0.5 });
    expect(small?.figures?.adapter?.bitsPerByte).toBeCloseTo(0.5);
    // 6,000 bytes at two bytes a token and 100 tokens a second.
    expect(small?.figures?.passMs).toBe(30_000);
    expect(small?.figures?.answeringMemoryBytes).toBe(123);
  });

  it('counts gaps that every base has filled that can, and leaves the others without', () => {
    const filling = (id: string, base: boolean[], adapter: boolean[] | null = null): Outcome => {
      const one = outcome(id, [1, 1], adapter && [1, 1]);
      return one.measured === null ? one : { ...one, measured: { ...one.measured, gaps: { base, adapter } } };
    };
    const [few, many] = [
      filling('few', [true, false]),
      filling('many', [true, true, false], [false, true, true]),
    ];
    const made = makeComparison([few, many, outcome('none', [2, 2])], ground);
    expect(made.gaps).toBe(2);
    const figures = new Map(made.bases.map((base) => [base.id, base.figures]));
    expect(figures.get('few')?.gapsExact).toBe(0.5);
    expect(figures.get('many')).toMatchObject({ gapsExact: 1, adapter: { gapsExact: 0.5 } });
    expect(figures.get('none')?.gapsExact).toBeNull();
  });

  it('says where the speed of training is an estimate', () => {
    const one = outcome('one', [1, 1]);
    if (one.measured !== null) one.measured.trainingTokensPerSecond = null;
    const figures = makeComparison([one], ground).bases[0]?.figures;
    expect(figures).toMatchObject({ trainingSpeedFrom: 'scoring' });
    expect(figures?.trainingTokensPerSecond).toBe(1_000 * TRAINING_PER_SCORING);
  });

  it('keeps a base that could not be measured, last, with its reason', () => {
    const broken: Outcome = {
      ...{ id: 'broken', bytes: 1, measured: null, adapterVersion: null, answering: null },
      problem: 'It is no model.',
    };
    const made = makeComparison([broken, outcome('good', [1, 1])], ground);
    expect(made.bases.map(({ id }) => id)).toEqual(['good', 'broken']);
    expect(makeComparison([broken], ground)).toMatchObject({ texts: 0, files: 0, bytes: 0, lines: 0 });
  });
});
