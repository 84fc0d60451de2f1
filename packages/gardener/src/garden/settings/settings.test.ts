import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSettings } from './load-settings.js';
import {
  describeSettings,
  environmentName,
  type SettingKey,
  type Settings,
  settingKeys,
  settingsSchema,
} from './settings.js';

/** A value for each key that is not its default, and a second one. */
const OTHERS: { [K in SettingKey]: [Settings[K], Settings[K], Settings[K]] } = {
  baseModel: ['a', 'b', 'c'],
  embeddingModel: ['a', 'b', 'c'],
  embeddingProvider: ['onnx', 'ollama', 'openai'],
  embeddingUrl: ['http://a', 'http://b', 'http://c'],
  embeddingApiKey: ['a', 'b', 'c'],
  embeddingQueryPrefix: ['a', 'b', 'c'],
  embeddingDocumentPrefix: ['a', 'b', 'c'],
  embeddingCacheMegabytes: [100, 200, 300],
  runtimeProvider: ['ollama', 'openai', 'ollama'],
  runtimeUrl: ['http://a', 'http://b', 'http://c'],
  runtimeApiKey: ['a', 'b', 'c'],
  runtimeModel: ['a', 'b', 'c'],
  keptAdapters: [1, 2, 4],
  contextTokens: [1_024, 2_048, 8_192],
  engine: ['peft', 'mlx', 'peft'],
  engineDevice: ['cpu', 'cuda', 'mps'],
  enginePrecision: ['float32', 'bfloat16', '4bit'],
  enginePython: ['a', 'b', 'c'],
  place: ['ray', 'ray', 'ray'],
  rayAddress: ['http://a', 'http://b', 'http://c'],
  rayToken: ['a', 'b', 'c'],
  rayInsecure: [true, true, true],
  rayParallel: [1, 3, 4],
  rayCpus: [1, 3, 4],
  rayDataDirectory: ['/a', '/b', '/c'],
  rayPackage: ['/a', '/b', '/c'],
  packageIndex: ['http://a', 'http://b', 'http://c'],
  budgetMs: [60_000, 61_000, 62_000],
  rank: [4, 8, 32],
  alpha: [1.5, 8, 64],
  dropout: [0.1, 0.2, 0.3],
  learningRate: [1e-4, 2e-4, 3e-4],
  bodyRowShare: [0.1, 0.2, 0.3],
  relatedRowShare: [0.1, 0.2, 0.3],
  commitRowShare: [0.1, 0.2, 0.3],
  recentEditWeight: [2, 3, 4],
  testRowWeight: [0.25, 1, 2],
  sequenceLength: [128, 512, 1024],
  threads: [1, 2, 3],
  trainingMemoryMegabytes: [500, 600, 700],
  trainingParallel: [2, 3, 4],
  // A truth has one value that is not its default.
  yieldToOthers: [false, false, false],
  trainOnBattery: [true, true, true],
  maxFileBytes: [1, 2, 3],
  maxDiskMegabytes: [50_000, 20_000, 30_000],
  suggestionConfidence: [0, 0.5, 0.6],
  gateMargin: [0, 0.02, 0.03],
  adapterStrength: [0, 0.5, 1.5],
  minTrainingTokens: [0, 1, 2],
  checkpointEveryMs: [1000, 2000, 3000],
  // All digits: the environment gives a text that looks like a number.
  allowedSecrets: ['3fa91c0b77de', '123456789012', '3fa91c0b77de, 90b1f2c4d5e6'],
  allowedOrigins: ['http://a', 'http://b:81', 'http://c,https://d'],
  logLevel: ['warn', 'error', 'debug'],
};

let folder: string;
let settingsFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-settings-'));
  settingsFile = join(folder, 'settings.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each(settingKeys())('%s', (key) => {
  test('reaches its reader from the file, the environment and a flag, in rising order', async () => {
    const [inFile, inEnvironment, inFlag] = OTHERS[key];
    const defaultValue = settingsSchema.parse({})[key];
    expect((await loadSettings({ settingsFile, environment: {} }))[key]).toBe(defaultValue);
    expect([inFile, inEnvironment, inFlag]).not.toContain(defaultValue);

    await writeFile(settingsFile, JSON.stringify({ [key]: inFile }));
    expect((await loadSettings({ settingsFile, environment: {} }))[key]).toBe(inFile);
    const environment = { [environmentName(key)]: String(inEnvironment) };
    expect((await loadSettings({ settingsFile, environment }))[key]).toBe(inEnvironment);
    expect((await loadSettings({ settingsFile, environment, flags: { [key]: inFlag } }))[key]).toBe(inFlag);
    expect((await loadSettings({ settingsFile, environment, flags: { [key]: undefined } }))[key]).toBe(
      inEnvironment,
    );
  });

  test('has a help line', () => {
    const row = describeSettings().find((setting) => setting.key === key);
    expect(row?.description).toMatch(/^[A-Z].{20,}\.$/);
    expect(row?.environment).toBe(environmentName(key));
  });
});

test('environment names are the keys in SCREAMING_SNAKE', () => {
  expect(environmentName('budgetMs')).toBe('CODEBASE_GARDENER_BUDGET_MS');
  expect(environmentName('rank')).toBe('CODEBASE_GARDENER_RANK');
  expect(environmentName('minTrainingTokens')).toBe('CODEBASE_GARDENER_MIN_TRAINING_TOKENS');
});

test('an environment variable that looks like a number may be a word; an empty one is not set', async () => {
  const environment = {
    CODEBASE_GARDENER_BASE_MODEL: '135',
    CODEBASE_GARDENER_RANK: '',
    CODEBASE_GARDENER_ALPHA: ' 8 ',
  };
  expect(await loadSettings({ settingsFile, environment })).toMatchObject({
    baseModel: '135',
    rank: 16,
    alpha: 8,
  });
});

test.each([
  [{}, { rank: 'many' }, '"rank" in '],
  [{}, { rank: 0 }, '"rank" in '],
  [{}, { dropout: 1 }, '"dropout" in '],
  [{}, { ranks: 8 }, '"ranks"'],
  [{}, { allowedOrigins: '*' }, '"allowedOrigins" in '],
  [{}, { allowedOrigins: 'null' }, '"allowedOrigins" in '],
  [{}, { allowedOrigins: 'vscode.dev' }, '"allowedOrigins" in '],
  [{}, { allowedOrigins: 'https://*.vscode.dev' }, '"allowedOrigins" in '],
  [{}, { allowedOrigins: 'https://vscode.dev/' }, '"allowedOrigins" in '],
  [{}, { allowedOrigins: 'http://a, file:///etc' }, '"allowedOrigins" in '],
  [{}, { allowedSecrets: '3FA91C0B77DE' }, '"allowedSecrets" in '],
  [{}, { allowedSecrets: '3fa91c0b77de, 3fa91c0b77d' }, '"allowedSecrets" in '],
  [{}, { allowedSecrets: ['3fa91c0b77de'] }, '"allowedSecrets" in '],
  [{ CODEBASE_GARDENER_ALLOWED_SECRETS: 'src/*.ts' }, {}, 'CODEBASE_GARDENER_ALLOWED_SECRETS'],
  [{ CODEBASE_GARDENER_RANK: '1.5' }, {}, 'CODEBASE_GARDENER_RANK'],
  [{ CODEBASE_GARDENER_BUDGET_MS: '20m' }, {}, 'CODEBASE_GARDENER_BUDGET_MS'],
  [{ CODEBASE_GARDENER_LOG_LEVEL: 'loud' }, {}, 'CODEBASE_GARDENER_LOG_LEVEL'],
])('environment %j, file %j: bad-setting names source and key', async (environment, file, named) => {
  await writeFile(settingsFile, JSON.stringify(file));
  const failure = loadSettings({ settingsFile, environment });
  await expect(failure).rejects.toMatchObject({
    code: 'garden.bad-setting',
    remedy: expect.stringMatching(/.{10}/),
  });
  await expect(failure).rejects.toThrow(named);
});

test('a secret written into allowedSecrets by mistake is named by no error', async () => {
  const secret = 'hunter2-hunter2-hunter2';
  await writeFile(settingsFile, JSON.stringify({ allowedSecrets: secret }));
  const failure = await loadSettings({ settingsFile, environment: {} }).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    message: expect.stringContaining('a fingerprint is the 12 digits 0-9 and a-f'),
    details: { key: 'allowedSecrets' },
  });
  expect(JSON.stringify([failure, (failure as Error).message])).not.toContain(secret);
});

test('a bad value that is overruled does no harm', async () => {
  await writeFile(settingsFile, JSON.stringify({ rank: 'many' }));
  expect((await loadSettings({ settingsFile, environment: { CODEBASE_GARDENER_RANK: '8' } })).rank).toBe(8);
});

test.each(['{"rank": 8', '', '[8]', 'null'])('a settings.json of %j is set aside and named', async (text) => {
  await writeFile(settingsFile, text);
  await expect(loadSettings({ settingsFile, environment: {} })).rejects.toMatchObject({
    code: 'garden.damaged-file',
    details: { file: settingsFile, setAside: `${settingsFile}.damaged-1` },
  });
});

test.each([
  'file:///etc/passwd',
  'gopher://host',
  'javascript:alert(1)',
  'http://host\nX-Header: 1',
  'http://a b',
  'host:80',
])('%j is no address', async (address) => {
  await expect(
    loadSettings({ settingsFile, flags: { embeddingUrl: address }, environment: {} }),
  ).rejects.toMatchObject({
    code: 'garden.bad-setting',
  });
});
