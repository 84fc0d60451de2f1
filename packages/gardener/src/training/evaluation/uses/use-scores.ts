import { z } from 'zod';

const completionSchema = z.object({
  /** The held-out file. */
  path: z.string(),
  /** Whether the first line that is shown is the one that was really written. */
  firstLine: z.boolean(),
  /** 1 - edit distance / length, against what was really written. */
  similarity: z.number(),
  /** Whether what follows the code is no code any more: a fence, a mark of the chat template. */
  leaked: z.boolean(),
});

/**
 * What one side did with the things people use an adapter for; the other side is given exactly the same. Lists are
 * shorter than what there was where time ran out.
 */
export const useScoresSchema = z.object({
  /** Completed with related code, as the product does. */
  completions: z.array(completionSchema),
  /** The same places with their file alone. */
  completionsAlone: z.array(completionSchema),
  /** For each question with a known answer, in order, whether it was answered rightly. */
  answers: z.array(z.boolean()),
});

/** See `useScoresSchema`. */
export type UseScores = z.infer<typeof useScoresSchema>;
/** One completion and what became of it. */
export type CompletionScore = z.infer<typeof completionSchema>;
