import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenerationEvent, GenerationRuntime } from '../runtime/runtime.js';
import { type FixtureServer, sendEvents, sendJson, startFixtureServer } from './model-server.fixture.js';
import { startOpenAi } from './openai-runtime.js';

// No vLLM, LM Studio or llama-server here: a local server replays the OpenAI API as they document it.

let server: FixtureServer;
let served: { id: string; max_model_len?: number }[];
let chat: (response: ServerResponse, model: string) => unknown;

beforeEach(async () => {
  server = await startFixtureServer();
  served = [{ id: 'smollm2', max_model_len: 2_048 }];
  chat = (response, model) => {
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model };
    sendEvents(response, [
      { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
      { ...chunk, choices: [{ index: 0, delta: { content: `From ${model}` }, finish_reason: null }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { ...chunk, choices: [], usage: { prompt_tokens: 12, total_tokens: 15, completion_tokens: 3 } },
      '[DONE]',
    ]);
  };
  server.handle = ({ path, body }, response) => {
    if (path === '/v1/models')
      return sendJson(response, {
        object: 'list',
        data: served.map((model) => ({ ...model, object: 'model' })),
      });
    const { model } = JSON.parse(body) as { model: string };
    if (path === '/v1/chat/completions') return chat(response, model);
    if (path === '/v1/completions')
      return sendEvents(response, [
        { object: 'text_completion', choices: [{ index: 0, text: ' x', finish_reason: 'length' }] },
        {
          object: 'text_completion',
          choices: [],
          usage: { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 },
        },
        '[DONE]',
      ]);
    return sendJson(response, { error: { message: 'no such route', type: 'invalid_request_error' } }, 404);
  };
});
afterEach(() => server.close());

const start = (model = '') =>
  startOpenAi({ url: server.url, apiKey: 'secret', model, contextTokens: 4_096, retries: 2, firstWaitMs: 1 });

async function collect(events: AsyncIterable<GenerationEvent>) {
  let text = '';
  let end: Extract<GenerationEvent, { type: 'end' }> | null = null;
  for await (const event of events) {
    if (event.type === 'text') text += event.text;
    else end = event;
  }
  return { text, end };
}

const ask = (runtime: GenerationRuntime, adapterName?: string) =>
  collect(
    runtime.generate({
      messages: [{ role: 'user', content: 'Hello' }],
      adapter: adapterName === undefined ? null : '/adapter.gguf',
      ...(adapterName !== undefined && { adapterName }),
      maxTokens: 9,
      temperature: 0,
    }),
  );

describe('a server of the OpenAI API, replayed as vLLM, LM Studio and llama-server document it', () => {
  it('answers with the only model there is, within what the server says it holds', async () => {
    const runtime = await start();
    expect(runtime.contextTokens).toBe(2_048);
    expect(await ask(runtime)).toEqual({
      text: 'From smollm2',
      end: { type: 'end', reason: 'stop', promptTokens: 12, completionTokens: 3 },
    });
    expect(server.received.at(-1)?.authorization).toBe('Bearer secret');
    expect(JSON.parse(server.received.at(-1)?.body ?? '')).toMatchObject({
      model: 'smollm2',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 9,
    });
  });

  it('takes an adapter for model where the server lists it, and says so where it does not', async () => {
    served.push({ id: 'gardener-abc-v2' });
    const runtime = await start('smollm2');
    expect((await ask(runtime, 'gardener-abc-v2')).text).toBe('From gardener-abc-v2');
    expect(runtime.state().adapters).toEqual(['gardener-abc-v2']);
    await expect(ask(runtime, 'gardener-abc-v3')).rejects.toMatchObject({
      code: 'models.adapter-not-served',
      remedy: expect.stringContaining('gardener-abc-v3'),
    });
  });

  it('completes text, and does not pretend to fill a gap in', async () => {
    const runtime = await start();
    const request = { prompt: 'def', adapter: null, maxTokens: 1, temperature: 0 };
    expect(await collect(runtime.complete(request))).toMatchObject({ text: ' x', end: { reason: 'length' } });
    await expect(collect(runtime.complete({ ...request, suffix: 'y' }))).rejects.toMatchObject({
      code: 'models.no-fill-in-the-middle',
    });
    await expect(runtime.score({ tokens: [1, 2], adapter: null })).rejects.toMatchObject({
      code: 'models.no-scores',
    });
  });

  it('names the models where none or another one is set', async () => {
    served.push({ id: 'other' });
    await expect(start()).rejects.toMatchObject({
      code: 'models.no-runtime-model',
      remedy: expect.stringContaining('smollm2, other'),
    });
    await expect(start('third')).rejects.toMatchObject({ code: 'models.not-on-server' });
    await expect(
      startOpenAi({ url: 'file:///etc/passwd', model: '', contextTokens: 1 }),
    ).rejects.toMatchObject({ code: 'models.bad-server-url' });
  });

  it.each([
    [
      'breaks off',
      (response: ServerResponse) => sendEvents(response, [{ choices: [{ delta: { content: 'a' } }] }]),
      'models.server-answer',
    ],
    ['is no JSON', (response: ServerResponse) => sendEvents(response, ['{']), 'models.server-answer'],
    [
      'carries an error',
      (response: ServerResponse) => sendEvents(response, [{ error: { message: 'out of memory' } }]),
      'models.server-refused',
    ],
    [
      'is a refusal',
      (response: ServerResponse) => sendJson(response, { error: { message: 'context too long' } }, 400),
      'models.server-refused',
    ],
    [
      'is a redirect',
      (response: ServerResponse) => response.writeHead(307, { location: '/v1/models' }).end(),
      'models.server-down',
    ],
  ])('tells an answer that %s', async (_name, answer, code) => {
    chat = answer;
    await expect(ask(await start())).rejects.toMatchObject({ code });
  });
});
