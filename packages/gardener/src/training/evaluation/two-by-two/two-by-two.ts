import { z } from 'zod';
import { measureSchema } from '../statistics/measure-schema.js';
import { type FileSum, type Measure, meanByFile } from '../statistics/statistics.js';
import { ARMS, type Arm, type ArmOutcome, type PlaceOutcome } from './place-outcome.js';

const armSchema = z.object({
  exact: measureSchema.nullable(),
  firstLine: measureSchema.nullable(),
  similarity: measureSchema.nullable(),
  /** Null where no grammar can tell. */
  valid: measureSchema.nullable(),
  /** Of one completion whose prompt is read anew. */
  medianMs: z.number(),
});
const differenceSchema = z.object({ exact: measureSchema.nullable(), firstLine: measureSchema.nullable() });

/** {base, adapter} x {file alone, related code} at the same places of held-out files. */
export const twoByTwoSchema = z.object({
  places: z.number().int(),
  files: z.number().int(),
  arms: z.object({
    baseAlone: armSchema,
    baseRetrieved: armSchema,
    adapterAlone: armSchema,
    adapterRetrieved: armSchema,
  }),
  /** Shares of the first less those of the second, paired by file, each with its 95 % interval. */
  differences: z.object({
    /** Adapter less base. */
    adapterAlone: differenceSchema,
    adapterRetrieved: differenceSchema,
    /** With related code less without. */
    retrievalOfBase: differenceSchema,
    retrievalOfAdapter: differenceSchema,
    /** Adapter with related code less base without. */
    both: differenceSchema,
  }),
});

/** See `twoByTwoSchema`. */
export type TwoByTwo = z.infer<typeof twoByTwoSchema>;

/** Sums up what was written, with intervals by file. Null where there is no place. */
export function makeTwoByTwo(outcomes: readonly PlaceOutcome[], seed: number): TwoByTwo | null {
  if (outcomes.length === 0) return null;
  const files = byFile(outcomes);
  const mean = (sumOf: (outcome: PlaceOutcome) => FileSum): Measure | null =>
    meanByFile(
      files.map((places) => places.map(sumOf).reduce(plus, { sum: 0, count: 0 })),
      seed,
    );
  const share = (arm: Arm, of: 'exact' | 'firstLine') =>
    mean(({ arms }) => ({ sum: Number(arms[arm][of]), count: 1 }));
  const figures = (arm: Arm) => ({
    exact: share(arm, 'exact'),
    firstLine: share(arm, 'firstLine'),
    similarity: mean(({ arms }) => ({ sum: arms[arm].similarity, count: 1 })),
    valid: mean(({ arms }) => validSum(arms[arm])),
    medianMs: median(outcomes.map(({ arms }) => arms[arm].ms)),
  });
  const difference = (more: Arm, less: Arm) => {
    const of = (what: 'exact' | 'firstLine') =>
      mean(({ arms }) => ({ sum: Number(arms[more][what]) - Number(arms[less][what]), count: 1 }));
    return { exact: of('exact'), firstLine: of('firstLine') };
  };
  const [baseAlone, baseRetrieved, adapterAlone, adapterRetrieved] = ARMS;
  return {
    places: outcomes.length,
    files: files.length,
    arms: {
      baseAlone: figures(baseAlone),
      baseRetrieved: figures(baseRetrieved),
      adapterAlone: figures(adapterAlone),
      adapterRetrieved: figures(adapterRetrieved),
    },
    differences: {
      adapterAlone: difference(adapterAlone, baseAlone),
      adapterRetrieved: difference(adapterRetrieved, baseRetrieved),
      retrievalOfBase: difference(baseRetrieved, baseAlone),
      retrievalOfAdapter: difference(adapterRetrieved, adapterAlone),
      both: difference(adapterRetrieved, baseAlone),
    },
  };
}

function byFile(outcomes: readonly PlaceOutcome[]): PlaceOutcome[][] {
  const files = new Map<string, PlaceOutcome[]>();
  for (const outcome of outcomes) files.set(outcome.path, [...(files.get(outcome.path) ?? []), outcome]);
  return [...files.values()];
}

function plus(a: FileSum, b: FileSum): FileSum {
  return { sum: a.sum + b.sum, count: a.count + b.count };
}

function validSum({ valid }: ArmOutcome): FileSum {
  return valid === null ? { sum: 0, count: 0 } : { sum: Number(valid), count: 1 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
