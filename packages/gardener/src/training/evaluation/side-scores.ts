import { z } from 'zod';
import { useScoresSchema } from './uses/use-scores.js';

const count = z.number().int().nonnegative();

/** What one model, base or adapter, scored: sums by file, from which every figure of the scorecard is made. */
export const sideScoresSchema = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      /** Windows scored; the other side must score the same. */
      examples: count,
      /** Summed negative log-likelihood of the supervised tokens, nats. */
      nll: z.number(),
      tokens: count,
      /** UTF-8 bytes that these tokens spell; 0 where an older version scored. */
      bytes: count.default(0),
      matchedLines: count,
      lines: count,
      /** Gaps scored, and of how many the whole filling was the first choice. */
      gaps: count.default(0),
      matchedGaps: count.default(0),
    }),
  ),
  /** Nats per token on general code. */
  generalLoss: z.number().nullable(),
  /** Passages of the training data that it would write word for word; null where an older version scored. */
  memorised: z.object({ verbatim: count, passages: count }).nullable().default(null),
  /** Long random strings of the training data that it would write whole; null where an older version scored. */
  strings: z.object({ written: count, of: count }).nullable().default(null),
  /** For each question, in order: whether the answer ended by itself. Shorter than the list where time ran out. */
  stopped: z.array(z.boolean()).nullable(),
  parity: z.object({ agreed: count, positions: count, ourNll: z.number(), theirNll: z.number() }).nullable(),
  editSimilarity: z.array(z.object({ path: z.string(), sum: z.number(), lines: count })).nullable(),
  /** How near written fillings are to the true ones; `lines` counts gaps. */
  gapSimilarity: z
    .array(z.object({ path: z.string(), sum: z.number(), lines: count }))
    .nullable()
    .default(null),
  /** Completions and answers as the product makes them; null where not measured. */
  uses: useScoresSchema.nullable().default(null),
  /** How long measuring took: the estimate of what the other side will take. */
  durationMs: z.object({ scoring: z.number(), serving: z.number() }),
});

/** See `sideScoresSchema`. */
export type SideScores = z.infer<typeof sideScoresSchema>;
