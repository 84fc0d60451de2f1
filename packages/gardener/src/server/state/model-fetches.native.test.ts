import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startHubServer } from '../../models/store/hub-server.fixture.js';
import { makeTestApp, type TestApp } from '../app.fixture.js';
import { readEvents } from '../event-reader.fixture.js';

const id = 'smollm2-360m-instruct';
const hubFile = {
  path: 'HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/resolve/main/smollm2-360m-instruct-q8_0.gguf',
  contents: Buffer.concat([Buffer.from('GGUF'), randomBytes(2_000_000)]),
};
let app: TestApp;

beforeEach(async () => {
  app = await makeTestApp();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await app.remove();
});

const model = async () => {
  const { models } = (await (await app.ask('/api/models')).json()) as { models: { id: string }[] };
  return models.find((one) => one.id === id);
};

it('fetches a model while its progress is told, and deletes it', async () => {
  const hub = await startHubServer(hubFile);
  vi.stubEnv('CODEBASE_GARDENER_MODEL_HUB', hub.address);
  const events = await readEvents(await app.ask('/api/events'));
  expect((await app.ask(`/api/models/${id}/pull`, { method: 'POST', body: {} })).status).toBe(202);
  await events.until(({ data }) => (data as { state?: string }).state === 'ready');
  events.close();
  expect(await model()).toMatchObject({ state: 'ready', bytes: hubFile.contents.length });
  expect((await app.ask(`/api/models/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await model()).toMatchObject({ state: 'missing' });
  await hub.close();
});

it('stops a download that is deleted, and leaves nothing of it', async () => {
  const hub = await startHubServer({ ...hubFile, behaviour: ['stall'] });
  vi.stubEnv('CODEBASE_GARDENER_MODEL_HUB', hub.address);
  const events = await readEvents(await app.ask('/api/events'));
  await app.ask(`/api/models/${id}/pull`, { method: 'POST', body: {} });
  await events.until(({ data }) => (data as { state?: string }).state === 'downloading');
  expect(await model()).toMatchObject({ state: 'downloading' });
  expect((await app.ask(`/api/models/${id}`, { method: 'DELETE' })).status).toBe(204);
  await events.until(({ data }) => (data as { state?: string }).state === 'cancelled');
  events.close();
  expect(await model()).toMatchObject({ state: 'missing' });
  expect((await readdir(app.garden.paths.baseModels)).filter((name) => name.includes(id))).toEqual([]);
  expect((await app.ask(`/api/models/${id}`, { method: 'DELETE' })).status).toBe(404);
  await hub.close();
});
