import { randomUUID } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { CompletionEvent, ContinuationRequest } from '../../chat/assistant-requests.js';
import { body, json } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, collect, whileGenerating } from '../state/generation.js';
import {
  adapterWish,
  gardenerOptions,
  generationFields,
  openAiErrorSchema,
  originSchema,
  usageOf,
  usageSchema,
} from './schemas.js';
import { streamChunks } from './stream-chunks.js';
import { findTarget } from './targets.js';

/** What OpenAI's API takes when nothing is said. */
const DEFAULT_MAX_TOKENS = 16;

type CompletionEnd = Extract<CompletionEvent, { type: 'end' }>;

const completionRequest = z
  .object({
    ...generationFields,
    prompt: z.union([
      z.string(),
      z
        .array(z.string())
        .length(1, 'one prompt at once')
        .transform(([text = '']) => text),
    ]),
    suffix: z.string().nullish().openapi({
      description: 'What follows the gap: fill-in-the-middle, for base models that have the tokens.',
    }),
    echo: z.literal(false, 'the prompt is not repeated').nullish(),
    gardener: gardenerOptions,
  })
  .openapi('CompletionRequest');

const finish = z.enum(['stop', 'length']);

const completion = z
  .object({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.number(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.number(),
        text: z.string(),
        logprobs: z.null(),
        finish_reason: finish,
      }),
    ),
    usage: usageSchema,
    gardener: originSchema.pick({ adapter: true }),
  })
  .openapi('Completion');

const completionChunk = z
  .object({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.number(),
    model: z.string(),
    choices: z
      .array(
        z.object({
          index: z.number(),
          text: z.string(),
          logprobs: z.null(),
          finish_reason: finish.nullable(),
        }),
      )
      .openapi({ description: 'Empty in the one with `usage`.' }),
    usage: usageSchema.optional(),
    gardener: originSchema.pick({ adapter: true }).optional(),
  })
  .openapi('CompletionChunk');

type CompletionChunk = z.infer<typeof completionChunk>;

const createCompletion = createRoute({
  method: 'post',
  path: '/v1/completions',
  summary: 'OpenAI: continue a text as it stands, or fill a gap in it',
  request: { body: body(completionRequest) },
  responses: {
    200: {
      description: 'The continuation.',
      content: {
        'application/json': { schema: completion },
        'text/event-stream': { schema: z.union([completionChunk, openAiErrorSchema]) },
      },
    },
    default: json(openAiErrorSchema, 'What is wrong.'),
  },
});

export function addCompletions(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(createCompletion, async (c) => {
    const request = c.req.valid('json');
    const target = await findTarget(context.garden, request.model);
    const generation = beginGeneration(c, context);
    const events = context.assistant.complete(
      { ...target, ...adapterWish(request.gardener) },
      completionOptions(request, generation.signal),
    );
    const head = { id: `cmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: request.model };
    if (request.stream === true) {
      const withUsage = request.stream_options?.include_usage === true;
      return streamChunks<CompletionEnd, CompletionChunk>(c, generation, events, {
        first: null,
        text: (text) => chunk(head, text, null),
        end: (end) => ({
          ...chunk(head, '', end?.reason ?? 'length'),
          ...(end === null ? {} : { gardener: { adapter: end.adapter } }),
        }),
        usage: (end) =>
          withUsage
            ? {
                ...chunk(head, '', null),
                choices: [],
                usage: usageOf(end.promptTokens, end.completionTokens),
              }
            : null,
      }) as never;
    }
    return whileGenerating(generation, async () => {
      const { text, end } = await collect(events);
      const choice = { index: 0, text, logprobs: null, finish_reason: end.reason };
      const usage = usageOf(end.promptTokens, end.completionTokens);
      const gardener = { adapter: end.adapter };
      return c.json({ ...head, object: 'text_completion', choices: [choice], usage, gardener } as const, 200);
    });
  });
}

function completionOptions(
  request: z.infer<typeof completionRequest>,
  signal: AbortSignal,
): ContinuationRequest {
  const { prompt, suffix, stop, seed, temperature, max_tokens } = request;
  return {
    prompt,
    maxTokens: max_tokens ?? DEFAULT_MAX_TOKENS,
    stop,
    signal,
    ...(suffix == null || suffix === '' ? {} : { suffix }),
    ...(temperature == null ? {} : { temperature }),
    ...(seed == null ? {} : { seed }),
  };
}

function chunk(
  head: { id: string; created: number; model: string },
  text: string,
  finishReason: z.infer<typeof finish> | null,
): CompletionChunk {
  return {
    ...head,
    object: 'text_completion',
    choices: [{ index: 0, text, logprobs: null, finish_reason: finishReason }],
  };
}
