import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Garden, openGarden } from '../garden.js';
import { changeSettings } from './change-settings.js';

let folder: string;
let garden: Garden;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-change-'));
  garden = await openGarden({ dataDir: folder });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const key = 'a secret key';
const inFile = async () => JSON.parse(await readFile(garden.paths.settingsFile, 'utf8'));

test('a key stays with the server it was given for', async () => {
  await changeSettings(garden, { embeddingApiKey: key });
  await changeSettings(garden, { embeddingUrl: 'https://one.example/v1' });
  await changeSettings(garden, { embeddingUrl: 'https://one.example/v2' });
  expect(garden.settings).toMatchObject({ embeddingApiKey: key, embeddingUrl: 'https://one.example/v2' });
  await changeSettings(garden, { embeddingUrl: 'https://other.example/v1' });
  expect(await inFile()).toEqual({ embeddingUrl: 'https://other.example/v1' });
  await changeSettings(garden, { embeddingUrl: 'https://third.example/v1', embeddingApiKey: key });
  expect(garden.settings.embeddingApiKey).toBe(key);
  await changeSettings(garden, { embeddingUrl: null });
  expect(await inFile()).toEqual({});
});

test('a key of the environment is not sent to an address of the file either', async () => {
  await changeSettings(garden, { runtimeUrl: 'https://one.example/v1' });
  vi.stubEnv('CODEBASE_GARDENER_RUNTIME_API_KEY', key);
  await expect(changeSettings(garden, { runtimeUrl: 'https://other.example' })).rejects.toMatchObject({
    code: 'garden.bad-setting',
  });
  expect(await inFile()).toEqual({ runtimeUrl: 'https://one.example/v1' });
});

test('nor is it when the file gets a key with the new address: the environment goes before the file', async () => {
  await changeSettings(garden, { embeddingUrl: 'https://one.example/v1' });
  vi.stubEnv('CODEBASE_GARDENER_EMBEDDING_API_KEY', key);
  const both = { embeddingUrl: 'https://other.example/v1', embeddingApiKey: 'another key' };
  await expect(changeSettings(garden, both)).rejects.toMatchObject({ code: 'garden.bad-setting' });
  expect(await inFile()).toEqual({ embeddingUrl: 'https://one.example/v1' });
});

test('where the address is of the environment too, the file may say what it likes', async () => {
  await changeSettings(garden, { embeddingUrl: 'https://one.example/v1' });
  vi.stubEnv('CODEBASE_GARDENER_EMBEDDING_API_KEY', key);
  vi.stubEnv('CODEBASE_GARDENER_EMBEDDING_URL', 'https://theirs.example/v1');
  await changeSettings(garden, { embeddingUrl: 'https://other.example/v1' });
  expect(await inFile()).toEqual({ embeddingUrl: 'https://other.example/v1' });
  expect(garden.settings).toMatchObject({ embeddingUrl: 'https://theirs.example/v1', embeddingApiKey: key });
});
