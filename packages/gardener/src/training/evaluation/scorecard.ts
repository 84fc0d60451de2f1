import { z } from 'zod';
import { acrossBasesSchema } from './across-bases.js';
import { strengthChoiceSchema } from './choose-strength.js';
import { decide, type FilledGaps, type ParityScores } from './gate.js';
import type { SideScores } from './side-scores.js';
import { measureSchema } from './statistics/measure-schema.js';
import {
  type FileSum,
  meanByFile,
  type PairedLoss,
  pairedDifference,
  relativeImprovement,
} from './statistics/statistics.js';
import { twoByTwoSchema } from './two-by-two/two-by-two.js';
import { retrievalChoiceSchema } from './uses/choose-retrieval.js';
import { judgeUses } from './uses/use-verdict.js';

/** One that scorecards of older versions do not have. */
const laterMeasure = measureSchema.nullable().default(null);
const metricsSchema = z.object({
  /** Nats per token; `n` counts tokens. */
  heldOutLoss: measureSchema.nullable(),
  /** The same loss in bits per byte of the text, which can be compared between bases; `n` counts bytes. */
  bitsPerByte: laterMeasure,
  /** Share of next lines of which every token is the first choice; `n` counts lines. */
  exactMatch: measureSchema.nullable(),
  /** 1 - edit distance / length between the generated and the true next line; `n` counts lines. */
  editSimilarity: measureSchema.nullable(),
  /** Share of gaps whose whole filling is the first choice, token by token to its end; `n` counts gaps. */
  fimExactMatch: laterMeasure,
  /** 1 - edit distance / length between the generated and the true filling; `n` counts gaps. */
  fimEditSimilarity: laterMeasure,
});
const countsSchema = z.object({ base: z.number().int(), adapter: z.number().int(), n: z.number().int() });
/** Who serves one use, with its figures. */
export const useVerdictSchema = z.object({
  serves: z.enum(['adapter', 'base']),
  base: z.number().int(),
  adapter: z.number().int(),
  n: z.number().int(),
  /** The same places with their file alone; null for answers. */
  alone: countsSchema.nullable(),
  /**
   * The same places with related code; null for answers, and in older scorecards, whose own figures are of these.
   */
  retrieved: countsSchema.nullable().default(null),
  reason: z.string(),
});
const armSchema = z.object({ noRetrieval: metricsSchema, retrieval: metricsSchema });

/** adapters/<n>/scorecard.json and `scorecard` of the status object. */
export const scorecardSchema = z.object({
  schemaVersion: z.literal(1),
  base: armSchema,
  adapter: armSchema,
  /** Nats per token on the fixed set of general code; null where not measured. */
  generalLoss: z.object({ base: z.number(), adapter: z.number() }).nullable(),
  /** Relative fall of the held-out loss, paired by file: what the gate decides on. */
  improvement: measureSchema.nullable(),
  /** Share of questions whose answer ends by itself. */
  stopping: z.object({ base: z.number(), adapter: z.number(), n: z.number().int() }).nullable(),
  /** Agreement of llama.cpp with our own forward. */
  parity: z
    .object({
      baseAgreement: z.number(),
      adapterAgreement: z.number(),
      adapterLossDifference: z.number(),
      n: z.number().int(),
    })
    .nullable(),
  /**
   * The promoted adapter that this one was continued from, with its loss on the same tokens; null for a new adapter.
   */
  predecessor: z.object({ version: z.number().int(), heldOutLoss: z.number() }).nullable().default(null),
  /** Passages of 50 tokens of the training data that are written word for word; null where not measured. */
  memorised: z
    .object({ base: z.number().int(), adapter: z.number().int(), n: z.number().int() })
    .nullable()
    .default(null),
  /** Long random strings of the training data that are written whole; null where not measured, or none is there. */
  strings: z
    .object({ base: z.number().int(), adapter: z.number().int(), n: z.number().int() })
    .nullable()
    .default(null),
  /** Share of the held-out code that stands in the training data too; null in older scorecards. */
  leaked: z.number().nullable().default(null),
  /**
   * What people use it for, measured as the product does it, and who serves it: completions by their first line,
   * answers by what they must name. Null where not measured.
   */
  uses: z
    .object({ completion: useVerdictSchema.nullable(), answers: useVerdictSchema.nullable() })
    .nullable()
    .default(null),
  /**
   * Whether related code is shown for completions, chosen on validation files; null in older scorecards: it is shown.
   */
  retrievalChoice: retrievalChoiceSchema.nullable().default(null),
  /**
   * Completions of base and adapter, with related code and without, at places that the gate has not seen; null where
   * not measured.
   */
  twoByTwo: twoByTwoSchema.nullable().default(null),
  /** Where what answered had another base: both in bits per byte; null where the base stays. */
  acrossBases: acrossBasesSchema.nullable().default(null),
  promoted: z.boolean(),
  reason: z.string(),
  /** The improvement that had to be exceeded, as a share of the base's loss. */
  margin: z.number(),
  adapterVersion: z.number().int(),
  /** How much of its own effect the adapter had when it was scored; 1 in older scorecards. */
  strength: z.number().default(1),
  /** Why, with the losses on validation files, nats per token; null in older scorecards. */
  strengthChoice: strengthChoiceSchema.omit({ strength: true }).nullable().default(null),
  /** Held-out files scored. */
  files: z.number().int(),
  seed: z.number().int(),
  /** Hash of the run's data, see DataManifest. */
  dataHash: z.string(),
  /** ISO 8601. */
  evaluatedAt: z.string(),
});

/** See `scorecardSchema`. */
export type Scorecard = z.infer<typeof scorecardSchema>;
/** The figures of one model in one setting; null where not measured. */
export type Metrics = z.infer<typeof metricsSchema>;

const NOT_MEASURED: Metrics = {
  heldOutLoss: null,
  bitsPerByte: null,
  exactMatch: null,
  editSimilarity: null,
  fimExactMatch: null,
  fimEditSimilarity: null,
};

/** What is known of the evaluation beside the scores themselves. */
export type ScorecardContext = Pick<Scorecard, 'margin' | 'adapterVersion' | 'seed' | 'dataHash'> &
  Partial<
    Pick<Scorecard, 'strength' | 'strengthChoice' | 'retrievalChoice' | 'twoByTwo' | 'acrossBases' | 'leaked'>
  >;

/** The adapter that an adapter was continued from, scored on the same windows. */
export interface Predecessor {
  version: number;
  scores: SideScores;
}

/** Scores of both sides in one setting. */
export interface SidePair {
  base: SideScores;
  adapter: SideScores;
}

/**
 * Puts the scores of base and adapter together and lets the gate decide.
 * @param plain scores without retrieval: these decide
 * @param retrieval scores with retrieved chunks before each window, or null where not measured
 * @param from the adapter it was continued from, or what is known of it; null for a new one
 */
export function makeScorecard(
  plain: SidePair,
  retrieval: SidePair | null,
  context: ScorecardContext,
  from: Predecessor | Scorecard['predecessor'] = null,
): Scorecard {
  const { base, adapter } = plain;
  const improvement = relativeImprovement(pairedLosses(plain), context.seed);
  const generalLoss =
    base.generalLoss === null || adapter.generalLoss === null
      ? null
      : { base: base.generalLoss, adapter: adapter.generalLoss };
  const stopping = stoppingShares(plain);
  const parity = parityScores(plain);
  const metrics = { base: metricsOf(base, context.seed), adapter: metricsOf(adapter, context.seed) };
  const predecessor = from && predecessorOf(from, context.seed);
  const memorised = memorisedOf(plain);
  const strings = stringsOf(plain);
  const uses = base.uses && adapter.uses && judgeUses(base.uses, adapter.uses, context.retrievalChoice);
  const decision = decide(
    {
      baseLoss: metrics.base.heldOutLoss?.value ?? Number.NaN,
      adapterLoss: metrics.adapter.heldOutLoss?.value ?? Number.NaN,
      improvement,
      stopping,
      generalLoss,
      parity,
      gaps: filledGaps(plain, context.seed),
      memorised,
      strings,
      leaked: context.leaked ?? null,
      uses,
      acrossBases: context.acrossBases ?? null,
      predecessor: predecessor && { version: predecessor.version, loss: predecessor.heldOutLoss },
    },
    context.margin,
  );
  const withRetrieval = (side: 'base' | 'adapter'): Metrics =>
    retrieval === null ? NOT_MEASURED : metricsOf(retrieval[side], context.seed);
  return {
    schemaVersion: 1,
    base: { noRetrieval: metrics.base, retrieval: withRetrieval('base') },
    adapter: { noRetrieval: metrics.adapter, retrieval: withRetrieval('adapter') },
    generalLoss,
    predecessor,
    improvement,
    stopping,
    parity,
    memorised,
    strings,
    leaked: null,
    uses,
    ...decision,
    strength: 1,
    strengthChoice: null,
    retrievalChoice: null,
    twoByTwo: null,
    acrossBases: null,
    ...context,
    files: base.files.filter(({ tokens }) => tokens > 0).length,
    evaluatedAt: new Date().toISOString(),
  };
}

function metricsOf({ files, editSimilarity, gapSimilarity }: SideScores, seed: number): Metrics {
  const similarity = (written: SideScores['editSimilarity']) =>
    written &&
    meanByFile(
      written.map(({ sum, lines }) => ({ sum, count: lines })),
      seed,
    );
  const mean = (sumOf: (file: SideScores['files'][number]) => FileSum) => meanByFile(files.map(sumOf), seed);
  return {
    heldOutLoss: mean(({ nll, tokens }) => ({ sum: nll, count: tokens })),
    bitsPerByte: mean(({ nll, bytes }) => ({ sum: nll / Math.LN2, count: bytes })),
    exactMatch: mean(({ matchedLines, lines }) => ({ sum: matchedLines, count: lines })),
    editSimilarity: similarity(editSimilarity),
    fimExactMatch: mean(({ matchedGaps, gaps }) => ({ sum: matchedGaps, count: gaps })),
    fimEditSimilarity: similarity(gapSimilarity),
  };
}

/** How many gaps each side fills exactly, and by how much the adapter's share differs; null where none was scored. */
function filledGaps({ base, adapter }: SidePair, seed: number): FilledGaps | null {
  const files = base.files.flatMap((file, index) => {
    const other = adapter.files[index];
    if (file.gaps === 0 || other?.gaps !== file.gaps) return [];
    return [{ base: file.matchedGaps, adapter: other.matchedGaps, count: file.gaps }];
  });
  const difference = pairedDifference(files, seed);
  const filled = (side: 'base' | 'adapter') => files.reduce((sum, file) => sum + file[side], 0);
  return difference && { base: filled('base'), adapter: filled('adapter'), difference };
}

function predecessorOf(
  from: Predecessor | NonNullable<Scorecard['predecessor']>,
  seed: number,
): Scorecard['predecessor'] {
  if ('heldOutLoss' in from) return from;
  const loss = metricsOf(from.scores, seed).heldOutLoss;
  return loss && { version: from.version, heldOutLoss: loss.value };
}

function memorisedOf({ base, adapter }: SidePair): Scorecard['memorised'] {
  const n = adapter.memorised?.passages ?? 0;
  if (!base.memorised || !adapter.memorised || n === 0 || base.memorised.passages !== n) return null;
  return { base: base.memorised.verbatim, adapter: adapter.memorised.verbatim, n };
}

function stringsOf({ base, adapter }: SidePair): Scorecard['strings'] {
  if (!base.strings || !adapter.strings || base.strings.of !== adapter.strings.of) return null;
  return { base: base.strings.written, adapter: adapter.strings.written, n: adapter.strings.of };
}

function pairedLosses({ base, adapter }: SidePair): PairedLoss[] {
  return base.files.map((file, index) => {
    const other = adapter.files[index];
    if (other?.path !== file.path || other.tokens !== file.tokens) {
      throw new Error(`the two sides were not scored on the same tokens of ${file.path}`);
    }
    return { base: file.nll, adapter: other.nll, tokens: file.tokens };
  });
}

/** Over the questions that both sides were asked; the sides may have had time for unequal numbers. */
function stoppingShares({ base, adapter }: SidePair): Scorecard['stopping'] {
  if (base.stopped === null || adapter.stopped === null) return null;
  const n = Math.min(base.stopped.length, adapter.stopped.length);
  if (n === 0) return null;
  const share = (stopped: readonly boolean[]): number => stopped.slice(0, n).filter(Boolean).length / n;
  return { base: share(base.stopped), adapter: share(adapter.stopped), n };
}

function parityScores({ base, adapter }: SidePair): ParityScores | null {
  if (base.parity === null || adapter.parity === null || adapter.parity.positions === 0) return null;
  const { ourNll, theirNll, agreed, positions } = adapter.parity;
  return {
    baseAgreement: base.parity.agreed / base.parity.positions,
    adapterAgreement: agreed / positions,
    adapterLossDifference: Math.abs(theirNll / ourNll - 1),
    n: positions,
  };
}
