import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { stream } from 'hono/streaming';
import type { ChatTarget } from '../../chat/assistant-requests.js';
import { readGapText } from '../../models/runtime/read-gap-text.js';
import type { ChatMessage } from '../../models/runtime/runtime.js';
import { errorAnswer } from '../contract/error-answer.js';
import { body, json } from '../contract/route.js';
import { clientOf } from '../lookup/client-of.js';
import { codeInProject } from '../lookup/project-of-file.js';
import { findTarget } from '../openai/targets.js';
import type { ServerContext } from '../state/context.js';
import { beginGeneration, collect, type Generation, whileGenerating } from '../state/generation.js';
import { makeReady } from '../state/make-ready.js';
import { ollamaName } from './ollama-models.js';
import { chatAnswer, chatRequest, generateAnswer, generateRequest, ollamaError } from './ollama-schemas.js';
import { writeSuggestion } from './suggestion.js';

type GenerateRequest = z.infer<typeof generateRequest>;

/** What is told at the end of every way of writing. */
interface WritingEnd {
  type: 'end';
  reason: 'stop' | 'length';
  promptTokens: number;
  completionTokens: number;
}

type Written = AsyncIterable<{ type: 'text'; text: string } | WritingEnd>;

const DEFAULT_GAP_TOKENS = 128;
const NANOSECONDS = 1_000_000;

const described = (answer: z.ZodType) => ({
  200: {
    description: 'The text; without `stream: false`, one JSON object a line.',
    content: { 'application/json': { schema: answer }, 'application/x-ndjson': { schema: answer } },
  },
  default: json(ollamaError, 'What is wrong.'),
});

const generate = createRoute({
  method: 'post',
  path: '/api/generate',
  summary: 'Ollama: answer a prompt, or fill the gap before `suffix`',
  request: { body: body(generateRequest) },
  responses: described(generateAnswer),
});

const chat = createRoute({
  method: 'post',
  path: '/api/chat',
  summary: 'Ollama: answer messages',
  request: { body: body(chatRequest) },
  responses: described(chatAnswer),
});

export function addOllamaWriting(app: OpenAPIHono, context: ServerContext): void {
  app.openapi(generate, async (c) => {
    const request = c.req.valid('json');
    const target = await findTarget(context.garden, ollamaName(request.model));
    const shape = (text: string) => ({ response: text });
    if ((request.prompt ?? '') === '' && (request.suffix ?? '') === '')
      return load(c, context, target, request.model, shape(''));
    const generation = beginGeneration(c, context);
    const events = writeFor(context, target, request, { signal: generation.signal, client: clientOf(c) });
    return answer(c, generation, request, events, shape) as never;
  });

  app.openapi(chat, async (c) => {
    const request = c.req.valid('json');
    const target = await findTarget(context.garden, ollamaName(request.model));
    const shape = (content: string) => ({ message: { role: 'assistant' as const, content } });
    if ((request.messages ?? []).length === 0) return load(c, context, target, request.model, shape(''));
    const generation = beginGeneration(c, context);
    if (target.project !== null) context.followers.use(target.project);
    const messages = (request.messages ?? []).map(
      ({ role, content }): ChatMessage => ({ role: role === 'tool' ? 'user' : role, content }),
    );
    const events = context.assistant.chat(target, {
      ...{ messages, ...lengthOf(request.options), ...samplingOf(request.options) },
      signal: generation.signal,
    });
    return answer(c, generation, request, events, shape) as never;
  });
}

/** A gap of code, a text that is gone on with as it stands, or a question. */
function writeFor(
  context: ServerContext,
  target: ChatTarget,
  request: GenerateRequest,
  { signal, client }: { signal: AbortSignal; client: string },
): Written {
  const { prompt, suffix, system, raw, options } = request;
  const before = prompt ?? '';
  const sampling = { ...samplingOf(options), signal };
  const written = readGapText(before);
  if (written !== null || (suffix ?? '') !== '') {
    const code = codeInProject(target.project, written ?? { path: null, before, after: suffix ?? '' });
    return writeSuggestion(context, target, {
      maxTokens: DEFAULT_GAP_TOKENS,
      ...{ code, client, ...lengthOf(options), ...sampling },
    });
  }
  if (target.project !== null) context.followers.use(target.project);
  if (raw === true) {
    const maxTokens = DEFAULT_GAP_TOKENS;
    return context.assistant.complete(target, {
      maxTokens,
      prompt: before,
      ...lengthOf(options),
      ...sampling,
    });
  }
  const messages: ChatMessage[] = [
    ...((system ?? '') === '' ? [] : [{ role: 'system' as const, content: system ?? '' }]),
    { role: 'user', content: before },
  ];
  return context.assistant.chat(target, { messages, ...lengthOf(options), ...sampling });
}

function lengthOf(options: GenerateRequest['options']): { maxTokens?: number } {
  const wanted = options?.num_predict ?? 0;
  return wanted > 0 ? { maxTokens: wanted } : {};
}

function samplingOf(options: GenerateRequest['options']) {
  const { temperature, seed, stop } = options ?? {};
  return {
    stop: stop ?? [],
    // Ollama's clients set one that suits chat; code wants the likeliest.
    ...(temperature == null ? {} : { temperature }),
    ...(seed == null ? {} : { seed }),
  };
}

/** Nothing to write: the client wants the model in memory. */
function load(c: Context, context: ServerContext, target: ChatTarget, model: string, shape: object) {
  if (target.project !== null) makeReady(context, target.project);
  return c.json({ ...headOf(model), ...shape, done: true, done_reason: 'load' } as never, 200);
}

function answer(
  c: Context,
  generation: Generation,
  request: { model: string; stream?: boolean | null | undefined },
  events: Written,
  shape: (text: string) => object,
): Response | Promise<Response> {
  const startedAt = performance.now();
  const whole = (text: string, end: WritingEnd, firstAt: number | null) => ({
    ...{ ...headOf(request.model), ...shape(text), done: true, done_reason: end.reason },
    ...durationsOf(end, startedAt, firstAt),
  });
  if (request.stream === false) {
    return whileGenerating(generation, async () => {
      const { text, end } = await collect(events);
      return c.json(whole(text, end, null), 200);
    });
  }
  c.header('content-type', 'application/x-ndjson');
  return stream(c, async (writer) => {
    const send = (data: object) => writer.write(`${JSON.stringify(data)}\n`);
    let firstAt: number | null = null;
    try {
      for await (const event of events) {
        if (writer.aborted) return;
        if (event.type === 'text') {
          firstAt ??= performance.now();
          await send({ ...headOf(request.model), ...shape(event.text), done: false });
        } else await send(whole('', event, firstAt));
      }
    } catch (error) {
      const { message, remedy } = errorAnswer(generation.reasonOf(error)).body.error;
      await send({ error: `${message} ${remedy}` });
    } finally {
      generation.end();
    }
  });
}

function headOf(model: string) {
  return { model, created_at: new Date().toISOString() };
}

function durationsOf(end: WritingEnd, startedAt: number, firstAt: number | null) {
  const now = performance.now();
  const total = now - startedAt;
  const prompt = (firstAt ?? now) - startedAt;
  return {
    total_duration: Math.round(total * NANOSECONDS),
    load_duration: 0,
    prompt_eval_count: end.promptTokens,
    prompt_eval_duration: Math.round(prompt * NANOSECONDS),
    eval_count: end.completionTokens,
    eval_duration: Math.round((total - prompt) * NANOSECONDS),
  };
}
