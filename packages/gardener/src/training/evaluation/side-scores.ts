import { z } from 'zod';

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
      matchedLines: count,
      lines: count,
    }),
  ),
  /** Nats per token on general code. */
  generalLoss: z.number().nullable(),
  /** For each question, in order: whether the answer ended by itself. Shorter than the list where time ran out. */
  stopped: z.array(z.boolean()).nullable(),
  parity: z.object({ agreed: count, positions: count, ourNll: z.number(), theirNll: z.number() }).nullable(),
  editSimilarity: z.array(z.object({ path: z.string(), sum: z.number(), lines: count })).nullable(),
  /** How long measuring took: the estimate of what the other side will take. */
  durationMs: z.object({ scoring: z.number(), serving: z.number() }),
});

/** See `sideScoresSchema`. */
export type SideScores = z.infer<typeof sideScoresSchema>;
