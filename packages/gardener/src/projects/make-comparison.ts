import type { MeasuredBase } from '../training/evaluation/compare/compare-protocol.js';
import type { ComparedText } from '../training/evaluation/compare/compared-texts.js';
import type { ComparedBase, Comparison } from '../training/evaluation/compare/comparison.js';
import { bytesPerToken, figuresOf } from '../training/evaluation/compare/text-scores.js';

/** What came of one base. */
export interface Outcome {
  id: string;
  bytes: number;
  /** Null where it could not be measured. */
  measured: MeasuredBase | null;
  adapterVersion: number | null;
  /** Tokens a second. */
  answering: number | null;
  problem: string | null;
}

/** What the bases were compared on. */
interface Ground {
  /** Those that every measured base has scored. */
  texts: readonly ComparedText[];
  trainingBytes: number;
  heldOutFrom: Comparison['heldOutFrom'];
  madeAt: Date;
}

/**
 * Where no step of training could be measured: its speed as a share of that of scoring. A step goes through the base
 * twice and scoring once, but in 8 bits. Measured with the default base on a processor with AVX2.
 */
export const TRAINING_PER_SCORING = 0.75;

/** Puts the outcomes together: every figure is over the same texts. */
export function makeComparison(outcomes: readonly Outcome[], ground: Ground): Comparison {
  const { texts, trainingBytes, heldOutFrom, madeAt } = ground;
  const measured = outcomes.flatMap((outcome) => outcome.measured ?? []);
  const scored = measured.length === 0 ? [] : texts;
  const count = scored.length;
  const gaps = Math.min(...measured.map((one) => one.gaps?.base.length ?? Number.POSITIVE_INFINITY));
  const gapCount = Number.isFinite(gaps) ? gaps : 0;
  const lines = (measured[0]?.base ?? []).slice(0, count).reduce((sum, score) => sum + score.lines, 0);
  return {
    schemaVersion: 1,
    madeAt: madeAt.toISOString(),
    heldOutFrom,
    files: new Set(scored.map(({ path }) => path)).size,
    texts: count,
    bytes: scored.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0),
    lines,
    gaps: gapCount,
    trainingBytes,
    bases: outcomes
      .map((outcome) => rowOf(outcome, { texts: count, gaps: gapCount, trainingBytes }))
      .sort((a, b) => best(a) - best(b)),
  };
}

function rowOf(
  outcome: Outcome,
  { texts, gaps, trainingBytes }: { texts: number; gaps: number; trainingBytes: number },
): ComparedBase {
  const { id, bytes, measured, adapterVersion, answering, problem } = outcome;
  if (measured === null) return { id, bytes, figures: null, problem };
  const scores = measured.base.slice(0, texts);
  const gapsExact = (filled: readonly boolean[] | null | undefined): number | null =>
    filled && gaps > 0 ? filled.slice(0, gaps).filter(Boolean).length / gaps : null;
  const { adapter, scoringTokensPerSecond, trainingTokensPerSecond, trainingMemoryBytes } = measured;
  const training = trainingTokensPerSecond ?? scoringTokensPerSecond * TRAINING_PER_SCORING;
  return {
    id,
    bytes,
    figures: {
      ...figuresOf(scores),
      gapsExact: gapsExact(measured.gaps?.base),
      adapter:
        adapter === null || adapterVersion === null
          ? null
          : {
              version: adapterVersion,
              ...figuresOf(adapter.slice(0, texts)),
              gapsExact: gapsExact(measured.gaps?.adapter),
            },
      scoringTokensPerSecond,
      answeringTokensPerSecond: answering,
      trainingTokensPerSecond: training,
      trainingSpeedFrom: trainingTokensPerSecond === null ? 'scoring' : 'steps',
      trainingMemoryBytes,
      answeringMemoryBytes: bytes + measured.contextMemoryBytes,
      passMs: ((trainingBytes / bytesPerToken(scores)) * 1000) / training,
    },
    problem,
  };
}

function best({ figures }: ComparedBase): number {
  if (figures === null) return Number.POSITIVE_INFINITY;
  return Math.min(figures.bitsPerByte, figures.adapter?.bitsPerByte ?? Number.POSITIVE_INFINITY);
}
