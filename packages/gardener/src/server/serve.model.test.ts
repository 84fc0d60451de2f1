import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GardenWithProjects } from '../chat/garden-with-projects.fixture.js';
import { appendEvent, createRun } from '../garden/runs/runs.js';
import { type EventReader, readEvents } from './event-reader.fixture.js';
import { type RunningServer, startTestServer } from './running-server.fixture.js';
import { type GardenServer, startServer } from './serve.js';

let running: RunningServer;
let garden: GardenWithProjects;
let server: GardenServer;
beforeAll(async () => {
  running = await startTestServer();
  ({ garden, server } = running);
});
afterAll(() => running?.stop());

const api = (path: string, body?: unknown, options: RequestInit = {}) =>
  fetch(`${server.url}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
    ...options,
  });

async function begin(project: string): Promise<string> {
  const response = await fetch(`${server.url}/api/projects/${project}/conversations`, { method: 'POST' });
  return `/api/projects/${project}/conversations/${((await response.json()) as { id: string }).id}`;
}

/** The pid of the process that holds the base model. */
async function modelProcess(): Promise<number | null> {
  const { context } = server;
  return context.assistant.state().runtime.models[0]?.pid ?? null;
}

describe('live events', () => {
  const events = (query = '', headers: Record<string, string> = {}): Promise<EventReader> =>
    readEvents(`${server.url}/api/events${query}`, headers);

  it('tells what another process does to a run and a project, once and in order; a client that comes back misses nothing', async () => {
    const project = garden.projects[0]!;
    const first = await events();
    const run = await createRun(garden.garden.paths, project.id, 'train');
    const directory = garden.garden.paths.run(project.id, run.id);
    // Paused, so that the runner has nothing to start.
    await appendEvent(directory, { type: 'run-pause' });
    const paused = await first.until(({ data }) => eventType(data) === 'run-pause');
    first.close();
    // While nobody listens.
    for (let n = 0; n < 5; n++) await appendEvent(directory, { type: 'log', message: `line ${n}` });
    await appendEvent(directory, { type: 'run-cancel' });
    await garden.garden.registry.update(project.id, { promotedAdapter: null });
    const again = await events('', { 'last-event-id': paused.id! });
    await again.until(({ data }) => eventType(data) === 'run-cancel');
    const types = again.seen.filter(({ event }) => event === 'run').map(({ data }) => eventType(data));
    expect(types).toEqual(['log', 'log', 'log', 'log', 'log', 'run-cancel']);
    const changes = again.seen.flatMap(({ event, data }) =>
      event === 'project' ? [(data as { change: string }).change] : [],
    );
    expect(changes).toContain('promoted');
    again.close();
    await garden.garden.registry.update(project.id, { promotedAdapter: 1 });
  });

  it('keeps to one project when asked to', async () => {
    const [one, two] = garden.projects;
    const reader = await events(`?project=${two!.name}`);
    await garden.garden.registry.update(one!.id, { trainingReason: 'first' });
    await garden.garden.registry.update(two!.id, { trainingReason: 'second' });
    const { data } = await reader.until(({ event }) => event === 'project');
    expect(data).toEqual({ projectId: two!.id, change: 'updated' });
    reader.close();
  });

  it('says reset to an id that it does not know', async () => {
    const reader = await events('', { 'last-event-id': 'anotherx-7' });
    expect((await reader.until(() => true)).event).toBe('reset');
    reader.close();
  });
});

describe('search', () => {
  it('follows what is edited while it serves', async () => {
    const [, project] = garden.projects;
    const found = async () => {
      const response = await api('/api/projects/p1/search', { query: 'polish the brass handle', k: 1 });
      const { results } = (await response.json()) as { results: { symbol: string }[] };
      return results[0]?.symbol;
    };
    expect(await found()).toBe('slugify1');
    await writeFile(
      join(project!.path, 'brass.ts'),
      'export function polishBrassHandle(handle: string) {\n  return handle.toUpperCase();\n}\n',
    );
    await expect.poll(found, { timeout: 30_000 }).toBe('polishBrassHandle');
    await rm(join(project!.path, 'brass.ts'));
    await expect.poll(found, { timeout: 30_000 }).toBe('slugify1');
  });
});

const eventType = (data: unknown) => (data as { event?: { type: string } }).event?.type;

describe('answers', () => {
  it('streams one with its sources, stores it, and goes on when another process promotes', async () => {
    const conversation = await begin('p0');
    const response = await api(`${conversation}/ask`, { question: 'What does slugify0 do?', maxTokens: 6 });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = await readEvents(response);
    const { data } = await reader.until(({ event }) => event === 'end');
    expect(data).toMatchObject({ reason: 'length', adapter: { version: 1 }, sources: [{ path: 'slug.ts' }] });
    const text = reader.seen
      .flatMap(({ event, data }) => (event === 'text' ? [(data as { text: string }).text] : []))
      .join('');
    const stored = await (await api(conversation)).json();
    expect(stored).toMatchObject({
      title: 'What does slugify0 do?',
      exchanges: [{ answer: text.trim(), adapter: 1, end: 'length' }],
    });
    await garden.garden.registry.update(garden.projects[0]!.id, { promotedAdapter: null });
    const base = await readEvents(
      await api(`${conversation}/ask`, { question: 'And why?', maxTokens: 2, store: false }),
    );
    expect((await base.until(({ event }) => event === 'end')).data).toMatchObject({
      adapter: { version: null },
    });
    await garden.garden.registry.update(garden.projects[0]!.id, { promotedAdapter: 1 });
    expect(await (await api(conversation)).json()).toEqual(stored);
  });

  it('stops writing when the client goes away, and keeps what was written as cancelled', async () => {
    const conversation = await begin('p0');
    const client = new AbortController();
    const body = { question: 'Tell me everything about slugs.', maxTokens: 900, temperature: 0.8, seed: 3 };
    const response = await api(`${conversation}/ask`, body, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: client.signal,
    });
    const reader = await readEvents(response);
    await reader.until(({ event }) => event === 'text');
    client.abort();
    await expect.poll(() => server.context.generations.used, { timeout: 20_000 }).toBe(0);
    await expect
      .poll(
        async () =>
          ((await (await api(conversation)).json()) as { exchanges: { end: string }[] }).exchanges[0]?.end,
      )
      .toBe('cancelled');
  });

  it('answers with the base and says so when the promoted adapter is deleted while serving', async () => {
    const project = garden.projects[1]!;
    await rm(join(garden.garden.paths.adapter(project.id, 1), 'adapter.gguf'));
    const response = await api('/v1/chat/completions', {
      ...{
        model: 'p1',
        max_tokens: 2,
        messages: [{ role: 'user', content: 'hello' }],
        gardener: { retrieval: false },
      },
    });
    expect(await response.json()).toMatchObject({
      gardener: { adapter: { version: null, reason: expect.stringMatching(/adapter/i) } },
    });
    await garden.addAdapter(project, 1, 2);
  });

  it('fails one request clearly when the process of the model is killed, and answers the next', async () => {
    const conversation = await begin('p0');
    const question = { question: 'Write a very long story.', maxTokens: 900, temperature: 0.9, seed: 5 };
    const reader = await readEvents(await api(`${conversation}/ask`, question));
    await reader.until(({ event }) => event === 'text');
    process.kill((await modelProcess())!, 'SIGKILL');
    const { data } = await reader.until(({ event }) => event === 'error' || event === 'end');
    expect(data).toMatchObject({ error: { code: 'models.runtime-died', remedy: expect.any(String) } });
    const next = await readEvents(
      await api(`${conversation}/ask`, { question: 'Still there?', maxTokens: 2 }),
    );
    expect((await next.until(({ event }) => event !== 'text')).event).toBe('end');
  });
});

describe('the official OpenAI client', () => {
  const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });

  it('lists projects and models', async () => {
    const ids: string[] = [];
    for await (const { id } of client().models.list()) ids.push(id);
    expect(ids).toEqual(['p0', 'p1', 'smollm2-135m-instruct', 'all-minilm-l6-v2']);
    expect(await client().models.retrieve('p0')).toMatchObject({
      id: 'p0',
      object: 'model',
      owned_by: 'project',
    });
  });

  it('chats with a project: the same tokens whole and streamed, with usage and sources', async () => {
    const request = {
      model: 'p0',
      messages: [
        { role: 'user' as const, content: [{ type: 'text' as const, text: 'What does slugify0 do?' }] },
      ],
      max_completion_tokens: 8,
      seed: 7,
    };
    const whole = await client().chat.completions.create(request);
    const [choice] = whole.choices;
    expect(choice).toMatchObject({
      finish_reason: 'length',
      message: { role: 'assistant', content: expect.stringMatching(/\S/) },
    });
    expect(whole.usage).toMatchObject({ completion_tokens: 8 });
    expect(whole).toMatchObject({ gardener: { adapter: { version: 1 }, sources: [{ path: 'slug.ts' }] } });
    let text = '';
    let last: object | undefined;
    let usage: object | null | undefined;
    const stream = await client().chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) last = chunk;
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(choice!.message.content);
    expect(last).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      gardener: { sources: [{ path: 'slug.ts' }] },
    });
    expect(usage).toEqual(whole.usage);
  });

  it('asks the base alone, and ends at a stop text', async () => {
    const request = {
      model: 'smollm2-135m-instruct',
      messages: [{ role: 'user' as const, content: 'Count from 1 to 9.' }],
      max_tokens: 12,
    };
    const free = (await client().chat.completions.create(request)).choices[0]!.message.content!;
    const stop = free.slice(3, 6);
    const stopped = (await client().chat.completions.create({ ...request, stop: [stop] })).choices[0]!;
    expect(stopped).toMatchObject({
      finish_reason: 'stop',
      message: { content: free.slice(0, free.indexOf(stop)) },
    });
  });

  it('continues a text, and says why it cannot fill a gap', async () => {
    const completion = await client().completions.create({
      model: 'p0',
      prompt: 'export function ',
      max_tokens: 4,
    });
    expect(completion.choices[0]).toMatchObject({
      text: expect.stringMatching(/./),
      finish_reason: 'length',
    });
    expect(completion.usage?.completion_tokens).toBe(4);
    // As a special token the markup would be one, and the prompt empty of text.
    for (const prompt of ['<|im_start|>', '<|fim_middle|>', '<|endoftext|>']) {
      const { usage } = await client().completions.create({ model: 'p0', prompt, max_tokens: 1 });
      expect(usage?.prompt_tokens).toBeGreaterThan(2);
    }
    const gap = client().completions.create({ model: 'p0', prompt: 'a', suffix: 'b' });
    await expect(gap).rejects.toMatchObject({ status: 400, code: 'models.no-fill-in-the-middle' });
  });

  it('embeds: near texts have near vectors, in both encodings', async () => {
    const embed = (input: string[], encoding_format?: 'float') =>
      client().embeddings.create({
        model: 'all-minilm-l6-v2',
        input,
        ...(encoding_format ? { encoding_format } : {}),
      });
    const { data } = await embed(['open a file', 'read a file from disk', 'the colour of the sky']);
    const [a, b, c] = data.map(({ embedding }) => embedding);
    const cosine = (x: number[], y: number[]) => x.reduce((sum, value, n) => sum + value * y[n]!, 0);
    expect(a).toHaveLength(384);
    expect(cosine(a!, b!)).toBeGreaterThan(cosine(a!, c!) + 0.2);
    const [plain] = (await embed(['open a file'], 'float')).data;
    expect(cosine(plain!.embedding, a!)).toBeCloseTo(1, 4);
  });

  it('gets its own kind of errors', async () => {
    const chat = (request: object) =>
      client().chat.completions.create({
        model: 'p0',
        messages: [{ role: 'user', content: 'x' }],
        max_tokens: 1,
        ...request,
      });
    await expect(chat({ model: 'nothing' })).rejects.toMatchObject({
      status: 404,
      code: 'server.unknown-model',
      param: 'model',
    });
    await expect(chat({ n: 2 })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: /one answer/,
    });
    await expect(chat({ messages: [] })).rejects.toMatchObject({ status: 400, code: 'server.bad-request' });
  });
});

describe('where it listens', () => {
  it('is the only one of its data directory, and says where the other is', async () => {
    await expect(startServer(garden.garden, { version: '0.0.0', port: 0 })).rejects.toMatchObject({
      ...{ code: 'server.already-running', details: { url: server.url, pid: process.pid } },
    });
  });

  it('says who has the port, and offers another', async () => {
    const other = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await using second = await secondGarden();
    await expect(startServer(second.garden, { version: '0.0.0', port })).rejects.toMatchObject({
      code: 'server.port-in-use',
      remedy: expect.stringMatching(/--port \d+/),
      ...(process.platform === 'linux'
        ? { message: expect.stringContaining(`(process ${process.pid})`) }
        : {}),
    });
    const { port: ours } = server;
    await expect(startServer(second.garden, { version: '0.0.0', port: ours })).rejects.toMatchObject({
      message: expect.stringContaining('another Gardener'),
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it('ends streams cleanly: events say shutdown, an answer ends with [DONE]', async () => {
    const events = await readEvents(`${server.url}/api/events`);
    const body = {
      model: 'p0',
      stream: true,
      max_tokens: 900,
      temperature: 1,
      seed: 9,
      messages: [{ role: 'user', content: 'A long story.' }],
    };
    const answer = await readEvents(await api('/v1/chat/completions', body));
    await answer.until(
      ({ data }) =>
        (data as { choices?: { delta: { content?: string } }[] }).choices?.[0]?.delta.content !== '',
    );
    const closed = server.close();
    expect((await events.until(({ event }) => event === 'shutdown')).event).toBe('shutdown');
    await answer.until(({ data }) => data === '[DONE]');
    const finish = answer.seen.at(-2)!.data as { choices: { finish_reason: string }[] };
    expect(finish.choices[0]!.finish_reason).toBe('length');
    await closed;
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });
});

async function secondGarden() {
  const { makeTestApp } = await import('./app.fixture.js');
  const other = await makeTestApp();
  return { garden: other.garden, [Symbol.asyncDispose]: () => other.remove() };
}
