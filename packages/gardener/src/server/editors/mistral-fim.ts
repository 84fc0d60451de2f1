import { randomUUID } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answerOrStream, body, json } from '../contract/route.js';
import { clientOf } from '../lookup/client-of.js';
import {
  adapterWish,
  codeOptions,
  generationFields,
  openAiErrorSchema,
  originSchema,
  usageOf,
  usageSchema,
} from '../openai/schemas.js';
import { streamChunks } from '../openai/stream-chunks.js';
import { findTarget } from '../openai/targets.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, collect, whileGenerating } from '../state/generation.js';
import { type SuggestionEnd, writeSuggestion } from './suggestion.js';

const DEFAULT_TOKENS = 128;

const fimRequest = z
  .object({
    ...generationFields,
    prompt: z.string(),
    suffix: z.string().nullish(),
    random_seed: z.number().int().nullish(),
    gardener: codeOptions,
  })
  .openapi('FimCompletionRequest');

const finish = z.enum(['stop', 'length']);
const head = { id: z.string(), created: z.number(), model: z.string() };
const origin = originSchema.pick({ adapter: true, sources: true });

const fimCompletion = z
  .object({
    ...{ ...head, object: z.literal('chat.completion') },
    choices: z.array(
      z.object({
        index: z.number(),
        message: z.object({ role: z.literal('assistant'), content: z.string() }),
        finish_reason: finish,
      }),
    ),
    usage: usageSchema,
    gardener: origin,
  })
  .openapi('FimCompletion');

const fimChunk = z
  .object({
    ...{ ...head, object: z.literal('chat.completion.chunk') },
    choices: z.array(
      z.object({
        index: z.number(),
        delta: z.object({ role: z.literal('assistant').optional(), content: z.string() }),
        finish_reason: finish.nullable(),
      }),
    ),
    usage: usageSchema.optional(),
    gardener: origin.optional(),
  })
  .openapi('FimCompletionChunk');

type FimChunk = z.infer<typeof fimChunk>;

const createFim = createRoute({
  method: 'post',
  path: '/v1/fim/completions',
  summary: "Mistral's fill-in-the-middle API",
  request: { body: body(fimRequest) },
  responses: {
    200: answerOrStream(
      fimCompletion,
      z.union([fimChunk, openAiErrorSchema]),
      'What belongs between `prompt` and `suffix`.',
    ),
    default: json(openAiErrorSchema, 'What is wrong.'),
  },
});

export function addMistralFim(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(createFim, async (c) => {
    const request = c.req.valid('json');
    const target = await findTarget(context.garden, request.model);
    const generation = beginGeneration(c, context);
    const { stop, temperature, gardener, max_tokens, suffix } = request;
    const seed = request.random_seed ?? request.seed;
    const events = writeSuggestion(
      context,
      { ...target, ...adapterWish(gardener) },
      {
        code: { path: null, before: request.prompt, after: suffix ?? '' },
        maxTokens: max_tokens ?? DEFAULT_TOKENS,
        ...(gardener?.retrieval !== undefined && { retrieval: gardener.retrieval }),
        timeLimitMs: gardener?.timeLimitMs,
        minConfidence: gardener?.minConfidence,
        client: clientOf(c),
        stop,
        signal: generation.signal,
        ...(temperature != null && { temperature }),
        ...(seed != null && { seed }),
      },
    );
    const answerHead = {
      id: `fim-${randomUUID()}`,
      created: Math.floor(Date.now() / 1000),
      model: request.model,
    };
    const chunk = (delta: FimChunk['choices'][number]['delta'], reason: 'stop' | 'length' | null) => ({
      ...{ ...answerHead, object: 'chat.completion.chunk' as const },
      choices: [{ index: 0, delta, finish_reason: reason }],
    });
    if (request.stream === true) {
      return streamChunks<SuggestionEnd, FimChunk>(c, generation, events, {
        first: chunk({ role: 'assistant', content: '' }, null),
        text: (content) => chunk({ content }, null),
        end: (end) => ({ ...chunk({ content: '' }, end?.reason ?? 'length'), ...(end && originOf(end)) }),
        usage: () => null,
      }) as never;
    }
    return whileGenerating(generation, async () => {
      const { text, end } = await collect(events);
      const message = { role: 'assistant', content: text } as const;
      const choices = [{ index: 0, message, finish_reason: end.reason }];
      return c.json({ ...answerHead, object: 'chat.completion', choices, ...originOf(end) } as const, 200);
    });
  });
}

function originOf({ promptTokens, completionTokens, adapter, sources }: SuggestionEnd) {
  return { usage: usageOf(promptTokens, completionTokens), gardener: { adapter, sources } };
}
