import { randomUUID } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AnswerEnd } from '../../chat/answers/write-answer.js';
import type { ChatTarget, MessagesRequest } from '../../chat/assistant-requests.js';
import type { ChatMessage } from '../../models/runtime/runtime.js';
import { answerOrStream, body, json } from '../contract/route.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, collect, whileGenerating } from '../state/generation.js';
import {
  adapterWish,
  chatFields,
  gardenerHeaders,
  gardenerOptions,
  generationFields,
  openAiErrorSchema,
  originSchema,
  usageOf,
  usageSchema,
} from './schemas.js';
import { streamChunks } from './stream-chunks.js';
import { findTarget } from './targets.js';

const content = z
  .union([
    z.string(),
    z.array(z.object({ type: z.literal('text', 'only text can be read'), text: z.string() })).max(1_000),
  ])
  .nullish()
  .transform((value) =>
    typeof value === 'string' ? value : (value ?? []).map(({ text }) => text).join('\n'),
  );

const chatRequest = z
  .object({
    ...generationFields,
    messages: z
      .array(
        z.object({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']), content }),
      )
      .min(1)
      .max(1_000),
    ...chatFields,
    response_format: z.object({ type: z.literal('text', 'only text can be promised') }).nullish(),
    gardener: gardenerOptions,
  })
  .openapi('ChatCompletionRequest');

type ChatRequestBody = z.infer<typeof chatRequest>;

const finish = z.enum(['stop', 'length']);

const chatCompletion = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.number(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.number(),
        message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
        logprobs: z.null(),
        finish_reason: finish,
      }),
    ),
    usage: usageSchema,
    gardener: originSchema,
  })
  .openapi('ChatCompletion');

const chatChunk = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.number(),
    model: z.string(),
    choices: z
      .array(
        z.object({
          index: z.number(),
          delta: z.object({
            role: z.literal('assistant').optional(),
            content: z.string().optional(),
            refusal: z.null().optional(),
          }),
          logprobs: z.null(),
          finish_reason: finish.nullable(),
        }),
      )
      .openapi({ description: 'Empty in the one with `usage`.' }),
    usage: usageSchema.optional(),
    gardener: originSchema.optional(),
  })
  .openapi('ChatCompletionChunk');

type ChatChunk = z.infer<typeof chatChunk>;

const createChat = createRoute({
  method: 'post',
  path: '/v1/chat/completions',
  summary: 'OpenAI: answer messages; a project as model answers with its adapter and its code',
  description:
    'With `stream`, chunks as server-sent events; the last one with a choice carries `gardener`, what the answer rests on, and `[DONE]` ends them.',
  request: { body: body(chatRequest), headers: gardenerHeaders },
  responses: {
    200: answerOrStream(chatCompletion, z.union([chatChunk, openAiErrorSchema]), 'The answer.'),
    default: json(openAiErrorSchema, 'What is wrong.'),
  },
});

export function addChatCompletions(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(createChat, async (c) => {
    const request = c.req.valid('json');
    const target = await findTarget(context.garden, request.model);
    const isOff = c.req.valid('header')['x-gardener-retrieval']?.toLowerCase() === 'false';
    const generation = beginGeneration(c, context);
    const events = context.assistant.chat(
      { ...target, ...adapterWish(request.gardener) },
      chatOptions(request, target, isOff, generation.signal),
    );
    const head = {
      id: `chatcmpl-${randomUUID()}`,
      created: Math.floor(Date.now() / 1000),
      model: request.model,
    };
    if (target.project !== null) context.followers.use(target.project);
    if (request.stream === true) {
      const withUsage = request.stream_options?.include_usage === true;
      return streamChunks<AnswerEnd, ChatChunk>(c, generation, events, {
        first: chunk(head, { role: 'assistant', content: '', refusal: null }, null),
        text: (text) => chunk(head, { content: text }, null),
        end: (end) => ({
          ...chunk(head, {}, end?.reason ?? 'length'),
          ...(end === null ? {} : { gardener: originOf(end) }),
        }),
        usage: (end) =>
          withUsage
            ? {
                ...chunk(head, {}, null),
                choices: [],
                usage: usageOf(end.promptTokens, end.completionTokens),
              }
            : null,
      }) as never;
    }
    return whileGenerating(generation, async () => {
      const { text, end } = await collect(events);
      const message = { role: 'assistant', content: text, refusal: null } as const;
      const choice = { index: 0, message, logprobs: null, finish_reason: end.reason };
      const usage = usageOf(end.promptTokens, end.completionTokens);
      return c.json(
        { ...head, object: 'chat.completion', choices: [choice], usage, gardener: originOf(end) } as const,
        200,
      );
    });
  });
}

function chatOptions(
  request: ChatRequestBody,
  target: ChatTarget,
  isRetrievalOff: boolean,
  signal: AbortSignal,
): MessagesRequest {
  const { stop, seed, temperature, gardener } = request;
  const maxTokens = request.max_completion_tokens ?? request.max_tokens;
  return {
    messages: request.messages.map(messageOf),
    retrieval: target.project !== null && !isRetrievalOff && gardener?.retrieval !== false,
    stop,
    signal,
    ...(maxTokens == null ? {} : { maxTokens }),
    ...(temperature == null ? {} : { temperature }),
    ...(seed == null ? {} : { seed }),
  };
}

/**
 * The roles that chat templates know: developers write the instructions, and what a tool has said is told to the model.
 */
function messageOf({ role, content }: ChatRequestBody['messages'][number]): ChatMessage {
  if (role === 'developer') return { role: 'system', content };
  if (role === 'tool' || role === 'function') return { role: 'user', content };
  return { role, content };
}

function originOf({ sources, adapter, index }: AnswerEnd): z.infer<typeof originSchema> {
  return { sources, adapter, index };
}

function chunk(
  head: { id: string; created: number; model: string },
  delta: ChatChunk['choices'][number]['delta'],
  finishReason: z.infer<typeof finish> | null,
): ChatChunk {
  const choice = { index: 0, delta, logprobs: null, finish_reason: finishReason };
  return { ...head, object: 'chat.completion.chunk', choices: [choice] };
}
