import { z } from 'zod';
import { SCOPE_KINDS } from '../../data/gaps/scopes.js';

/** Base and adapter, each with the file alone and with related code of the project. */
export const ARMS = ['baseAlone', 'baseRetrieved', 'adapterAlone', 'adapterRetrieved'] as const;

/** See `ARMS`. */
export type Arm = (typeof ARMS)[number];

const armOutcomeSchema = z.object({
  /** Whether it is what was really written, to its end; of a base that cannot fill in, whether it begins with that. */
  exact: z.boolean(),
  /** Whether the first line is right: what a user sees first, and accepts or not. */
  firstLine: z.boolean(),
  /** 1 - edit distance / length, against what was really written. */
  similarity: z.number(),
  /** Whether the code has no more syntax errors than with what was really written; null where it cannot be told. */
  valid: z.boolean().nullable(),
  /** From the request to the last token, the prompt read anew. */
  ms: z.number(),
});

/** What the four arms wrote at one place. */
export const placeOutcomeSchema = z.object({
  /** Of the place and its prompts: what is measured once is not measured again. */
  id: z.string(),
  path: z.string(),
  kind: z.enum(SCOPE_KINDS),
  arms: z.object({
    baseAlone: armOutcomeSchema,
    baseRetrieved: armOutcomeSchema,
    adapterAlone: armOutcomeSchema,
    adapterRetrieved: armOutcomeSchema,
  }),
});

/** See `placeOutcomeSchema`. */
export type PlaceOutcome = z.infer<typeof placeOutcomeSchema>;
/** What one arm wrote at one place. */
export type ArmOutcome = z.infer<typeof armOutcomeSchema>;
