import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { type GardenWithProjects, makeGardenWithProjects } from '../chat/garden-with-projects.fixture.js';
import { readEvents } from './event-reader.fixture.js';
import { type GardenServer, startServer } from './serve.js';

// Settings that change while the real server answers with the real models.
let made: GardenWithProjects;
let server: GardenServer;
beforeAll(async () => {
  const models = {
    baseModelFile: inject('baseModelFile'),
    embeddingModelDirectory: inject('embeddingModelDirectory'),
  };
  // No flags: they would go before settings.json.
  made = await makeGardenWithProjects(models, 1, {});
  server = await startServer(made.garden, { version: '0.0.0', port: 0 });
  await put({ threads: 1, contextTokens: 1_024 });
});
afterAll(async () => {
  await server?.close();
  await made?.remove();
});

const send = (method: string, path: string, body: object) =>
  fetch(`${server.url}${path}`, {
    ...{ method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  });
async function put(settings: object): Promise<unknown> {
  const response = await send('PUT', '/api/settings', settings);
  return response.json();
}
const chat = (options: object) =>
  send('POST', '/v1/chat/completions', {
    ...{ model: 'smollm2-135m-instruct', messages: [{ role: 'user', content: 'Tell a story.' }] },
    ...options,
  });
const pids = () => server.context.assistant.state().runtime.models.map(({ pid }) => pid);
const byAnotherProcess = (text: string) => writeFile(made.garden.paths.settingsFile, text);
const setting = async (key: string) => {
  const { settings } = (await (await fetch(`${server.url}/api/settings`)).json()) as {
    settings: { key: string; value: unknown }[];
  };
  return settings.find((one) => one.key === key)?.value;
};

it('starts a new runtime for the next request, and leaves the answer that is being written alone', async () => {
  const running = await readEvents(await chat({ stream: true, max_tokens: 100 }));
  await running.until(({ data }) => JSON.stringify(data).includes('"content":" '));
  const [before] = pids();
  await put({ contextTokens: 512 });
  const tooLong = { messages: [{ role: 'user', content: 'word '.repeat(700) }], max_tokens: 4 };
  expect(await (await chat(tooLong)).json()).toMatchObject({
    error: { message: expect.stringContaining('room for 508') },
  });
  const end = await running.until(({ data }) => JSON.stringify(data).includes('"gardener"'));
  expect(end.data).toMatchObject({ gardener: { adapter: { version: null } } });
  await vi.waitFor(() => expect(pids()).toHaveLength(1), { timeout: 10_000 });
  expect(pids()).not.toContain(before);
  expect((await chat({ max_tokens: 2 })).status).toBe(200);
});

it('sees what another process writes, and passes over a file that is half written', async () => {
  const listener = await readEvents(`${server.url}/api/events`);
  const url = 'http://127.0.0.1:9/v1';
  await byAnotherProcess(JSON.stringify({ runtimeProvider: 'openai', runtimeUrl: url, runtimeModel: 'x' }));
  expect(await (await chat({ max_tokens: 2 })).json()).toMatchObject({
    error: { message: expect.stringContaining('127.0.0.1:9') },
  });
  expect(await setting('runtimeUrl')).toBe(url);
  await listener.until(({ event }) => event === 'settings');
  listener.close();
  await byAnotherProcess('{"runtimeUrl": "http://local');
  expect(await setting('runtimeUrl')).toBe(url);
  await byAnotherProcess('{"threads": 1, "contextTokens": 1024}');
  expect((await chat({ max_tokens: 2 })).status).toBe(200);
});

it('embeds with the model that is set now', async () => {
  const embed = async (model: string) => {
    const response = await send('POST', '/v1/embeddings', { model, input: 'a', encoding_format: 'float' });
    const { data } = (await response.json()) as { data?: { embedding: number[] }[] };
    return data?.[0]?.embedding.length ?? response.status;
  };
  expect(await embed('all-minilm-l6-v2')).toBe(384);
  const fixtures = join(import.meta.dirname, '../../../lora/fixtures/golden/sentence-encoders');
  const onnx = join(fixtures, 'bert-cls');
  await put({ embeddingProvider: 'onnx', embeddingModel: onnx });
  expect(await embed('all-minilm-l6-v2')).toBe(404);
  expect(await embed(onnx)).toBe(DIMENSION);
  await put({ embeddingProvider: null, embeddingModel: null });
  expect(await embed('all-minilm-l6-v2')).toBe(384);
});

/** Of the small random model of packages/lora. */
const DIMENSION = 32;
