import { randomUUID } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { ChatTarget, CompletionEvent, ContinuationRequest } from '../../chat/assistant-requests.js';
import { readGapText } from '../../models/runtime/read-gap-text.js';
import { answerOrStream, body, json } from '../contract/route.js';
import { clientOf } from '../lookup/client-of.js';
import { codeInProject } from '../lookup/project-of-file.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, collect, whileGenerating } from '../state/generation.js';
import {
  adapterWish,
  codeOptions,
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
      description:
        "What follows the gap: fill-in-the-middle, for base models that have the tokens. A prompt that is such a model's markup as a whole is read as one with a suffix.",
    }),
    echo: z.literal(false, 'the prompt is not repeated').nullish(),
    gardener: codeOptions,
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
    200: answerOrStream(completion, z.union([completionChunk, openAiErrorSchema]), 'The continuation.'),
    default: json(openAiErrorSchema, 'What is wrong.'),
  },
});

export function addCompletions(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(createCompletion, async (c) => {
    const request = c.req.valid('json');
    const target = await findTarget(context.garden, request.model);
    const generation = beginGeneration(c, context);
    const events = write(context, { ...target, ...adapterWish(request.gardener) }, request, {
      signal: generation.signal,
      client: clientOf(c),
    });
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
      const { text, end } = await collect<CompletionEnd>(events);
      const choice = { index: 0, text, logprobs: null, finish_reason: end.reason };
      const usage = usageOf(end.promptTokens, end.completionTokens);
      const gardener = { adapter: end.adapter };
      return c.json({ ...head, object: 'text_completion', choices: [choice], usage, gardener } as const, 200);
    });
  });
}

/** A gap of a project is filled with its code in view; anything else is gone on with as it stands. */
function write(
  context: ServerContext,
  target: ChatTarget,
  request: z.infer<typeof completionRequest>,
  { signal, client }: { signal: AbortSignal; client: string },
): AsyncIterable<CompletionEvent> {
  const { prompt, suffix, gardener } = request;
  const options = completionOptions(request, signal);
  const hasSuffix = suffix != null && suffix !== '';
  const written = hasSuffix ? null : readGapText(prompt);
  if (target.project === null || (written === null && !hasSuffix)) {
    const gap = written === null ? { prompt } : { prompt: written.before, suffix: written.after };
    return context.assistant.complete(target, { ...options, ...gap, ...(hasSuffix && { suffix }) });
  }
  context.followers.use(target.project);
  const code = codeInProject(target.project, written ?? { path: null, before: prompt, after: suffix ?? '' });
  return context.completer.complete(target, {
    ...{ ...options, code, client, needsGap: hasSuffix },
    ...(gardener?.retrieval !== undefined && { retrieval: gardener.retrieval }),
    timeLimitMs: gardener?.timeLimitMs,
    minConfidence: gardener?.minConfidence ?? context.garden.settings.suggestionConfidence,
  });
}

function completionOptions(
  request: z.infer<typeof completionRequest>,
  signal: AbortSignal,
): Omit<ContinuationRequest, 'prompt' | 'suffix'> {
  const { stop, seed, temperature, max_tokens } = request;
  return {
    maxTokens: max_tokens ?? DEFAULT_MAX_TOKENS,
    stop,
    signal,
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
