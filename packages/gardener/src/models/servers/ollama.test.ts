import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenerationEvent, GenerationRuntime } from '../runtime/runtime.js';
import {
  type FixtureServer,
  type Received,
  sendJson,
  sendLines,
  startFixtureServer,
} from './model-server.fixture.js';
import { Ollama, type OllamaProgress } from './ollama.js';
import { startOllama } from './ollama-runtime.js';

// There is no Ollama here: a local server replays the answers of its documented API
// (docs.ollama.com/api, 0.5.5 to 0.12).

const fast = { retries: 2, firstWaitMs: 1 };
const digest = `sha256:${createHash('sha256').update('GGUF adapter').digest('hex')}`;
let server: FixtureServer;
let directory: string;
let adapter: string;
/** Names of the models that the replayed Ollama has. */
let models: string[];
let blobs: string[];
let version: string;
/** Answers instead of the replay, by path. */
let instead: Record<string, (request: Received, response: ServerResponse) => unknown>;

beforeEach(async () => {
  server = await startFixtureServer();
  directory = await mkdtemp(join(tmpdir(), 'gardener-ollama-'));
  adapter = join(directory, 'adapter.gguf');
  await writeFile(adapter, 'GGUF adapter');
  models = ['smollm2:135m'];
  blobs = [];
  version = '0.12.6';
  instead = {};
  server.handle = (request, response) => {
    const answer = instead[request.path] ?? replay;
    return answer(request, response);
  };
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

function replay({ method, path, body }: Received, response: ServerResponse): unknown {
  const json = () => JSON.parse(body) as Record<string, unknown>;
  if (path === '/api/version') return sendJson(response, { version });
  if (path === '/api/tags') {
    const described = models.map((name) => ({
      name,
      model: name,
      modified_at: '2026-11-01T10:00:00.123456789+02:00',
      size: 270898672,
      digest: '9077fe9d2ae1a4a41a868836b56b8163731a8fe16621397028c2c76f838c6907',
      details: { format: 'gguf', family: 'llama', parameter_size: '134.52M', quantization_level: 'F16' },
    }));
    return sendJson(response, { models: described });
  }
  if (path.startsWith('/api/blobs/')) {
    const name = path.slice('/api/blobs/'.length);
    if (method === 'HEAD') return response.writeHead(blobs.includes(name) ? 200 : 404).end();
    const sent = createHash('sha256').update(Buffer.from(body, 'latin1')).digest('hex');
    if (`sha256:${sent}` !== name) return sendJson(response, { error: 'digest mismatch' }, 400);
    blobs.push(name);
    return response.writeHead(201).end();
  }
  if (path === '/api/create') {
    const { model, adapters } = json() as { model: string; adapters: Record<string, string> };
    if (!Object.values(adapters).every((blob) => blobs.includes(blob)))
      return sendJson(response, { error: 'blob not found' }, 400);
    models.push(model);
    return sendLines(response, [
      { status: 'using existing layer sha256:1a2b' },
      { status: 'creating adapter layer' },
      { status: 'writing manifest' },
      { status: 'success' },
    ]);
  }
  if (path === '/api/pull') {
    return sendLines(response, [
      { status: 'pulling manifest' },
      { status: 'pulling f535f83ec568', digest: 'sha256:f535', total: 270898672 },
      { status: 'pulling f535f83ec568', digest: 'sha256:f535', total: 270898672, completed: 135449336 },
      { status: 'verifying sha256 digest' },
      { status: 'writing manifest' },
      { status: 'success' },
    ]);
  }
  if (path === '/api/delete') {
    const { model } = json() as { model: string };
    if (!models.includes(model)) return sendJson(response, { error: `model '${model}' not found` }, 404);
    models = models.filter((name) => name !== model);
    return response.writeHead(200).end();
  }
  if (path === '/api/chat') {
    const created = { model: json().model, created_at: '2026-11-01T10:00:00.5Z' };
    return sendLines(response, [
      { ...created, message: { role: 'assistant', content: 'From ' }, done: false },
      { ...created, message: { role: 'assistant', content: `${json().model}` }, done: false },
      {
        ...created,
        message: { role: 'assistant', content: '' },
        done_reason: 'stop',
        done: true,
        total_duration: 174560334,
        prompt_eval_count: 31,
        eval_count: 2,
        eval_duration: 12710000,
      },
    ]);
  }
  if (path === '/api/generate') {
    if (json().suffix !== undefined)
      return sendJson(
        response,
        { error: 'registry.ollama.ai/library/smollm2:135m does not support insert' },
        400,
      );
    return sendLines(response, [
      { model: json().model, response: ' return', done: false },
      {
        model: json().model,
        response: '',
        done: true,
        done_reason: 'length',
        prompt_eval_count: 5,
        eval_count: 1,
      },
    ]);
  }
  return sendJson(response, { error: 'not found' }, 404);
}

const ollama = () => new Ollama({ url: server.url, ...fast });
const start = () => startOllama({ url: server.url, model: 'smollm2:135m', contextTokens: 4_096, ...fast });
const paths = () => server.received.map(({ method, path }) => `${method} ${path}`);

async function collect(events: AsyncIterable<GenerationEvent>) {
  let text = '';
  let end: Extract<GenerationEvent, { type: 'end' }> | null = null;
  for await (const event of events) {
    if (event.type === 'text') text += event.text;
    else end = event;
  }
  return { text, end };
}

function ask(runtime: GenerationRuntime, file: string | null, version = 1, signal?: AbortSignal) {
  return collect(
    runtime.generate({
      messages: [{ role: 'user', content: 'Hello' }],
      adapter: file,
      adapterName: `gardener-abc-v${version}`,
      maxTokens: 20,
      temperature: 0,
      seed: 3,
      stop: ['\n\n'],
      ...(signal && { signal }),
    }),
  );
}

describe('Ollama, by its replayed documented API', () => {
  it('lists, pulls with progress, and deletes models', async () => {
    expect(await ollama().list()).toMatchObject([{ name: 'smollm2:135m', bytes: 270898672 }]);
    const progress: OllamaProgress[] = [];
    await ollama().pull('smollm2:135m', (one) => progress.push(one));
    expect(progress).toContainEqual({ status: 'pulling f535f83ec568', done: 135449336, total: 270898672 });
    expect(await ollama().delete('smollm2:135m')).toBe(true);
    expect(await ollama().delete('smollm2:135m')).toBe(false);
  });

  it('answers with the base and its options', async () => {
    const { text, end } = await ask(await start(), null);
    expect(text).toBe('From smollm2:135m');
    expect(end).toEqual({ type: 'end', reason: 'stop', promptTokens: 31, completionTokens: 2 });
    expect(JSON.parse(server.received.at(-1)?.body ?? '')).toMatchObject({
      messages: [{ role: 'user', content: 'Hello' }],
      options: { num_ctx: 4096, num_predict: 20, temperature: 0, seed: 3, stop: ['\n\n'] },
    });
  });

  it('makes one model a version of an adapter, uploads its file once, and deletes the earlier version', async () => {
    const runtime = await start();
    const answers = await Promise.all([ask(runtime, adapter), ask(runtime, adapter)]);
    expect(answers[0]?.text).toMatch(/^From gardener-abc-v1:[0-9a-f]{12}$/);
    expect(answers[1]).toEqual(answers[0]);
    expect(paths().filter((path) => path === `POST /api/blobs/${digest}`)).toHaveLength(1);
    const created = server.received.filter(({ path }) => path === '/api/create');
    expect(created.map(({ body }) => JSON.parse(body))).toMatchObject([
      { from: 'smollm2:135m', adapters: { 'adapter.gguf': digest } },
    ]);
    // Another process finds it made.
    expect((await ask(await start(), adapter)).text).toBe(answers[0]?.text);
    expect(paths().filter((path) => path === 'POST /api/create')).toHaveLength(1);
    const second = join(directory, 'second.gguf');
    await writeFile(second, 'GGUF adapter 2');
    expect((await ask(runtime, second, 2)).text).toContain('gardener-abc-v2:');
    expect(models.filter((name) => name.startsWith('gardener-abc-'))).toHaveLength(1);
    expect(runtime.state().adapters).toEqual([expect.stringContaining('gardener-abc-v2:')]);
  });

  it('completes text as it stands, and says that the model cannot fill a gap in', async () => {
    const runtime = await start();
    const request = { prompt: 'def f():', adapter: null, maxTokens: 1, temperature: 0 };
    expect(await collect(runtime.complete(request))).toMatchObject({
      text: ' return',
      end: { reason: 'length', completionTokens: 1 },
    });
    expect(JSON.parse(server.received.at(-1)?.body ?? '')).toMatchObject({ raw: true, prompt: 'def f():' });
    await expect(collect(runtime.complete({ ...request, suffix: 'x' }))).rejects.toMatchObject({
      code: 'models.no-fill-in-the-middle',
    });
    await expect(runtime.score({ tokens: [1, 2], adapter: null })).rejects.toMatchObject({
      code: 'models.no-scores',
    });
    expect(await runtime.countTokens('a'.repeat(100))).toBe(40);
  });

  it.each([
    [
      'in the stream',
      (_: Received, response: ServerResponse) => sendLines(response, [{ error: 'unsupported architecture' }]),
    ],
    [
      'by status',
      (_: Received, response: ServerResponse) =>
        sendJson(response, { error: 'adapters are no longer supported' }, 400),
    ],
  ])('says that an adapter was refused %s', async (_name, refusal) => {
    instead['/api/create'] = refusal;
    await expect(ask(await start(), adapter)).rejects.toMatchObject({
      code: 'models.adapter-refused',
      message: expect.stringMatching(/unsupported architecture|no longer supported/),
    });
  });

  it('says what is wrong: away, too old, without the model, no model set', async () => {
    version = '0.5.4';
    await expect(start()).rejects.toMatchObject({ code: 'models.server-too-old' });
    version = '0.0.0';
    models = [];
    await expect(start()).rejects.toMatchObject({
      code: 'models.not-on-server',
      remedy: expect.stringContaining('gardener models pull smollm2:135m'),
    });
    await expect(startOllama({ url: '', model: '', contextTokens: 1 })).rejects.toMatchObject({
      code: 'models.no-runtime-model',
    });
    const { url } = server;
    await server.close();
    await expect(startOllama({ url, model: 'm', contextTokens: 1, ...fast })).rejects.toMatchObject({
      code: 'models.server-down',
      retryable: true,
    });
    server = await startFixtureServer();
  });

  it('asks again when Ollama is busy, and not when it says no', async () => {
    let asked = 0;
    instead['/api/version'] = (_request, response) =>
      asked++ < 2 ? sendJson(response, { error: 'server busy' }, 503) : sendJson(response, { version });
    await expect(ollama().checkVersion()).resolves.toBe('0.12.6');
    expect(asked).toBe(3);
    server.received.length = 0;
    instead['/api/tags'] = (_request, response) => sendJson(response, { error: 'unauthorized' }, 401);
    await expect(ollama().list()).rejects.toMatchObject({
      code: 'models.server-refused',
      message: expect.stringContaining('unauthorized'),
    });
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ['no JSON', 'hello'],
    ['another form', '{"models":{}}'],
  ])('does not trust an answer that is %s', async (_name, body) => {
    instead['/api/tags'] = (_request, response) => response.end(body);
    await expect(ollama().list()).rejects.toMatchObject({ code: 'models.server-answer' });
  });

  it('notices a stream that breaks off, and stops one when told to', async () => {
    const runtime = await start();
    instead['/api/chat'] = (_request, response) =>
      sendLines(response, [{ message: { role: 'assistant', content: 'a' }, done: false }]);
    await expect(ask(runtime, null)).rejects.toMatchObject({ code: 'models.server-answer' });
    const stop = new AbortController();
    const closed = new Promise<void>((resolve) => {
      instead['/api/chat'] = (_request, response) => {
        response.on('close', resolve);
        response.write('{"message":{"role":"assistant","content":"a"},"done":false}\n');
        setTimeout(() => stop.abort(), 10);
      };
    });
    await expect(ask(runtime, null, 1, stop.signal)).rejects.toMatchObject({ code: 'models.cancelled' });
    await closed;
  });
});
