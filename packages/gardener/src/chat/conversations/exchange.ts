import { z } from 'zod';

/** Where an answer's code came from. Lines are 1-based and inclusive. */
export const sourceSchema = z.object({
  path: z.string(),
  startLine: z.number().int().positive(),
  endLine: z.number().int().positive(),
  /** Qualified name, or null for module-level code. */
  symbol: z.string().nullable(),
  /** Retrieval score; comparable within one answer only. */
  score: z.number(),
});
export type Source = z.infer<typeof sourceSchema>;

/** One question with its answer, a line of a conversation file. */
export const exchangeSchema = z.object({
  schemaVersion: z.literal(1),
  /** ISO 8601 */
  time: z.string(),
  question: z.string(),
  answer: z.string(),
  /** How the answer ended. */
  end: z.enum(['stop', 'length', 'cancelled']),
  sources: z.array(sourceSchema),
  /** Version of the adapter that answered, or null for the base model. */
  adapter: z.number().int().positive().nullable(),
  /** Time of the exchange whose place it takes: its question was answered anew. The old line stays in the file. */
  replaces: z.string().optional(),
});
export type Exchange = z.infer<typeof exchangeSchema>;
