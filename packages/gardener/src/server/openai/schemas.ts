import { z } from '@hono/zod-openapi';
import type { ChatTarget } from '../../chat/assistant-requests.js';
import { freshnessSchema } from '../api/search/search.js';
import { answeringAdapter, source, strengthWish } from '../contract/schemas.js';

const MAX_TOKENS = 100_000;

const stop = z
  .union([z.string().max(1_000), z.array(z.string().max(1_000)).max(16)])
  .nullish()
  .transform((value) => (value == null || value === '' ? [] : [value].flat().filter((text) => text !== '')));

/** However many are asked for, an answer ends where the context does: more than this are this many. */
const maxTokensWish = z
  .number()
  .int()
  .min(1)
  .nullish()
  .transform((tokens) => (tokens == null ? tokens : Math.min(tokens, MAX_TOKENS)));

/** What both kinds of generation take. Other fields of OpenAI's are accepted and have no effect. */
export const generationFields = {
  model: z.string().min(1).max(4_096),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  stop,
  seed: z.number().int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: maxTokensWish,
  n: z.literal(1, 'only one answer at once').nullish(),
  logprobs: z.literal([false, 0], 'probabilities of tokens are not given').nullish(),
  logit_bias: z
    .record(z.string(), z.number())
    .refine((bias) => Object.keys(bias).length === 0, 'tokens cannot be favoured')
    .nullish(),
};

/** What a chat asks for beyond them. A model that is free to use tools may answer without. */
export const chatFields = {
  max_completion_tokens: maxTokensWish,
  top_logprobs: z.literal(0, 'probabilities of tokens are not given').nullish(),
  tool_choice: z.enum(['none', 'auto'], 'no tool is called: leave it out, or say none or auto').nullish(),
  function_call: z
    .enum(['none', 'auto'], 'no function is called: leave it out, or say none or auto')
    .nullish(),
};

/** Gardener's own options of a request. */
export const gardenerOptions = z
  .object({
    retrieval: z.boolean().optional(),
    adapter: z.enum(['promoted', 'base']).optional(),
    strength: strengthWish,
  })
  .nullish()
  .openapi({
    description:
      'Retrieval is on for projects, unless it is turned off here or by the header x-gardener-retrieval: false.',
  });

/** What a request wants of the adapter. */
export function adapterWish(
  wanted: z.infer<typeof gardenerOptions>,
): Pick<ChatTarget, 'adapter' | 'strength'> {
  const { adapter = 'promoted', strength } = wanted ?? {};
  return { adapter, ...(strength === undefined ? {} : { strength }) };
}

/** The same for code at a cursor, which may also be given a time. */
export const codeOptions = z
  .object({
    retrieval: z.boolean().optional().openapi({
      description:
        "Whether related code of the project is shown to the model. Defaults to what the project's validation files have told, see `completions` of its status; it is shown where nothing was measured.",
    }),
    adapter: z.enum(['promoted', 'base']).optional(),
    strength: strengthWish,
    timeLimitMs: z.number().int().min(1).max(600_000).optional().openapi({
      description: 'After this long what is written by then is the answer.',
    }),
    minConfidence: z.number().min(0).max(1).optional().openapi({
      description: 'Instead of the setting suggestionConfidence; 0 suggests whatever the model writes.',
    }),
  })
  .nullish();

/** Also a header, for editors that cannot send own fields. */
export const gardenerHeaders = z.object({ 'x-gardener-retrieval': z.string().max(10).optional() });

export const usageSchema = z
  .object({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() })
  .openapi('Usage');

/** What an answer rests on, beside what OpenAI's API knows. */
export const originSchema = z
  .object({
    sources: z.array(source),
    adapter: answeringAdapter,
    index: z.union([freshnessSchema, z.null()]),
  })
  .openapi('AnswerOrigin');

export type Usage = z.infer<typeof usageSchema>;

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

export const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      code: z.string(),
      param: z.string().nullable(),
    }),
  })
  .openapi('OpenAiError');
