import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import type { AskRequest } from '../../chat/assistant-requests.js';
import { errorAnswer } from '../contract/error-answer.js';
import { body, errorSchema, eventStream, inProject, json, problems, streamed } from '../contract/route.js';
import { answeringAdapter, source, strengthWish } from '../contract/schemas.js';
import { clientOf } from '../lookup/client-of.js';
import { findProject } from '../lookup/find-project.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, collect, whileGenerating } from '../state/generation.js';
import { findConversation, inConversation } from './conversations.js';
import { freshnessSchema } from './search/search.js';

const MAX_TOKENS = 100_000;

const question = z
  .strictObject({
    question: z.string().min(1).max(100_000),
    adapter: z.enum(['promoted', 'base']).default('promoted'),
    strength: strengthWish,
    retrieval: z.boolean().default(true),
    store: z.boolean().default(true).openapi({ description: 'false leaves no exchange, for a comparison.' }),
    replaceLast: z.boolean().default(false).openapi({ description: 'Write the last answer anew.' }),
    maxTokens: z.number().int().min(1).max(MAX_TOKENS).optional(),
    temperature: z.number().min(0).max(2).optional(),
    seed: z.number().int().optional(),
  })
  .openapi('Question');

const answerEnd = z
  .object({
    reason: z.enum(['stop', 'length']).openapi({ description: 'length: cut off at maxTokens.' }),
    sources: z.array(source).openapi({ description: 'The code in the prompt, best first.' }),
    adapter: answeringAdapter,
    index: z.union([freshnessSchema, z.null()]).openapi({ description: 'null without retrieval.' }),
    promptTokens: z.number(),
    completionTokens: z.number(),
    tokensPerSecond: z
      .number()
      .nullable()
      .openapi({ description: 'Of the writing alone; null where there is nothing to measure.' }),
    conversation: z.string().nullable().openapi({ description: 'The one it was stored in.' }),
  })
  .openapi('AnswerEnd');

type AnswerEndView = z.infer<typeof answerEnd>;

const answerEvent = z
  .discriminatedUnion('event', [
    streamed('text', z.object({ text: z.string() })),
    streamed('end', answerEnd),
    streamed('error', errorSchema),
  ])
  .openapi('AnswerEvent');

const ask = createRoute({
  method: 'post',
  path: '/api/projects/{project}/conversations/{conversation}/ask',
  summary: 'Ask about a project; the answer comes as it is written',
  description:
    'Server-sent events: `text`, …, then `end` or `error`. Closing the request stops the writing; what was written is stored as cancelled.',
  request: { params: inConversation, body: body(question) },
  responses: {
    200: eventStream(answerEvent, 'The answer.'),
    ...problems,
  },
});

const complete = createRoute({
  method: 'post',
  path: '/api/projects/{project}/complete',
  summary: 'Continue code, or fill a gap in it',
  request: {
    params: inProject,
    body: body(
      z.strictObject({
        path: z.string().max(4_096).optional(),
        prefix: z.string().max(500_000),
        suffix: z.string().max(500_000).optional(),
        maxTokens: z.number().int().min(1).max(MAX_TOKENS).default(64),
        strength: strengthWish,
        minConfidence: z.number().min(0).max(1).optional(),
        temperature: z.number().min(0).max(2).optional(),
        seed: z.number().int().optional(),
      }),
    ),
  },
  responses: {
    200: json(
      z
        .object({
          text: z.string(),
          adapter: answeringAdapter,
          silence: z.enum(['unsure', 'nothing-new', 'newer-request']).nullable(),
          confidence: z.number().nullable(),
        })
        .openapi('CompletedCode'),
      'The text to insert; empty where nothing is worth it, and `silence` says why.',
    ),
    ...problems,
  },
});

export function addAskRoutes(app: OpenAPIHono, context: ServerContext): void {
  const { garden, assistant, followers } = context;

  app.openapi(ask, async (c) => {
    const { project: key, conversation: id } = c.req.valid('param');
    const project = await findProject(garden, key);
    const conversation = await findConversation(context, project, id);
    const { maxTokens, temperature, seed, strength, ...options } = c.req.valid('json');
    const generation = beginGeneration(c, context);
    followers.use(project);
    const request: AskRequest = {
      ...{ ...options, conversation, signal: generation.signal },
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(seed === undefined ? {} : { seed }),
      ...(strength === undefined ? {} : { strength }),
    };
    return streamSSE(c, async (stream) => {
      const send = (event: string, data: object) => stream.writeSSE({ event, data: JSON.stringify(data) });
      let firstAt: number | null = null;
      try {
        for await (const event of assistant.answer(project, request)) {
          if (event.type === 'text') {
            firstAt ??= performance.now();
            await send('text', { text: event.text });
          } else {
            const { type: _, ...end } = event;
            await send('end', {
              ...end,
              tokensPerSecond: rate(event.completionTokens, firstAt),
            } satisfies AnswerEndView);
          }
        }
      } catch (error) {
        await send('error', errorAnswer(generation.reasonOf(error)).body);
      } finally {
        generation.end();
      }
    }) as never;
  });

  app.openapi(complete, async (c) => {
    const project = await findProject(garden, c.req.valid('param').project);
    const { path, prefix, suffix, maxTokens, strength, minConfidence, temperature, seed } =
      c.req.valid('json');
    const generation = beginGeneration(c, context);
    followers.use(project);
    return whileGenerating(generation, async () => {
      const target = {
        project,
        baseModel: project.baseModel,
        ...(strength === undefined ? {} : { strength }),
      };
      const events = context.completer.complete(target, {
        code: { path: path ?? null, before: prefix, after: suffix ?? '' },
        maxTokens,
        minConfidence: minConfidence ?? garden.settings.suggestionConfidence,
        signal: generation.signal,
        ...(temperature === undefined ? {} : { temperature }),
        ...(seed === undefined ? {} : { seed }),
        client: clientOf(c),
      });
      const { text, end } = await collect(events);
      const { adapter, silence, confidence } = end;
      return c.json({ text, adapter, silence, confidence }, 200);
    });
  });
}

/** Of the writing alone: reading the prompt comes before the first token. Null where there is nothing to measure. */
function rate(tokens: number, firstAt: number | null): number | null {
  if (firstAt === null || tokens < 2) return null;
  return (tokens - 1) / Math.max(0.001, (performance.now() - firstAt) / 1000);
}
