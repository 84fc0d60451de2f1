import { z } from '@hono/zod-openapi';
import { answeringAdapter, source } from '../contract/schemas.js';
import { codeOptions } from '../openai/schemas.js';

const text = z.string().nullish();
const milliseconds = z.number().min(0).max(600_000).nullish();

/** What llama.cpp's server takes, and what editors that were made for it send; more fields are passed over. */
export const infillRequest = z
  .object({
    input_prefix: text.openapi({ description: 'Whole lines before the cursor.' }),
    input_suffix: text.openapi({ description: 'From the cursor on.' }),
    prompt: text.openapi({ description: 'The line up to the cursor.' }),
    input_extra: z
      .array(z.object({ text: z.string(), filename: z.string().max(4_096).nullish() }))
      .max(1_000)
      .nullish()
      .openapi({ description: 'Other code, the most important last.' }),
    filename: z.string().max(4_096).nullish().openapi({
      description:
        "Gardener's own: the file that is edited, by its absolute path or its path in the project.",
    }),
    n_predict: z
      .number()
      .int()
      .min(-1)
      .nullish()
      .openapi({ description: 'Most tokens; 0 only makes the model ready and is answered at once.' }),
    n_indent: z.number().int().min(0).max(10_000).nullish(),
    t_max_predict_ms: milliseconds.openapi({
      description: 'After this long a line that is begun is the last one.',
    }),
    t_max_prompt_ms: milliseconds,
    stop: z.array(z.string().max(1_000)).max(100).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    seed: z.number().int().nullish(),
    stream: z.boolean().nullish(),
    response_fields: z.array(z.string().max(200)).max(100).nullish().openapi({
      description:
        'Only these fields, such as `content` or `timings/prompt_n`, which is then a field of that name.',
    }),
    gardener: codeOptions,
  })
  .openapi('InfillRequest');

export const infillAnswer = z
  .object({
    index: z.literal(0),
    content: z.string(),
    tokens: z.array(z.number()),
    stop: z.literal(true),
    stop_type: z.enum(['eos', 'limit', 'none']),
    model: z.string(),
    tokens_predicted: z.number(),
    tokens_evaluated: z.number(),
    tokens_cached: z.number(),
    has_new_line: z.boolean(),
    truncated: z.boolean(),
    timings: z.object({
      cache_n: z.number(),
      prompt_n: z.number(),
      prompt_ms: z.number(),
      prompt_per_token_ms: z.number(),
      prompt_per_second: z.number(),
      predicted_n: z.number(),
      predicted_ms: z.number(),
      predicted_per_token_ms: z.number(),
      predicted_per_second: z.number(),
    }),
    gardener: z.object({
      project: z.string(),
      silence: z
        .enum(['unsure', 'nothing-new', 'newer-request'])
        .nullable()
        .openapi({ description: 'Why nothing is suggested, where the model has written something.' }),
      confidence: z.number().nullable().openapi({
        description: 'How likely the model held each token of the first line, as a mean.',
      }),
      adapter: answeringAdapter,
      sources: z.array(source),
      fillInTheMiddle: z.boolean(),
    }),
  })
  .openapi('InfillAnswer');

/** A piece of a streamed answer; the last one is a whole answer without content. */
export const infillPiece = z
  .object({ index: z.literal(0), content: z.string(), tokens: z.array(z.number()), stop: z.literal(false) })
  .openapi('InfillPiece');
