import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type Garden, openGarden } from '../garden/garden.js';
import { createRun } from '../garden/runs/runs.js';
import { ensureModel } from '../models/store/ensure-model.js';
import { wordEmbedder } from '../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../retrieval/index/project-index.js';
import { refreshIndex } from '../retrieval/index/refresh-index.js';
import type { Check } from './check.js';
import { checkMemory, checkNode, checkProcessor } from './machine.js';
import { checkModel } from './models.js';
import { probeModule } from './probe-process.js';
import { checkProject } from './projects.js';
import { runDoctor } from './run-doctor.js';
import { checkReachable } from './servers.js';

let folder: string;
let garden: Garden;
const dataDir = () => join(folder, 'data');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  garden = await openGarden({ dataDir: dataDir() });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function find(checks: readonly Check[], name: string): Check {
  const check = checks.find((candidate) => candidate.name === name);
  if (check === undefined) throw new Error(`no check ${name} in ${checks.map((one) => one.name).join(', ')}`);
  return check;
}

test('a new data directory: nothing fails, missing models are a note, each native module works', async () => {
  const labels: string[] = [];
  const checks = await runDoctor({ dataDir: dataDir(), onProgress: (label) => labels.push(label) });
  expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(find(checks, 'model smollm2-135m-instruct')).toMatchObject({ state: 'warn' });
  for (const name of ['Node', 'processor', 'memory', 'accelerator', 'disk', 'disk use', 'background runner'])
    find(checks, name);
  expect(find(checks, 'onnxruntime-node').detail).toMatch(/multiplies/);
  expect(labels).toContain('trying web-tree-sitter');
  for (const { state, remedy } of checks) expect(remedy === null).toBe(state === 'ok');
});

test('what is wrong with a project is found, each with its remedy', async () => {
  const code = join(folder, 'shop');
  await mkdir(code);
  const { id } = await garden.registry.add({ path: code, baseModel: 'smollm2-135m-instruct' });
  await garden.registry.update(id, { promotedAdapter: 3 });
  await createRun(garden.paths, id, 'train', {});
  await rm(code, { recursive: true });
  await writeFile(garden.paths.settingsFile, '{"maxDiskMegabytes": 1}');
  await writeFile(join(garden.paths.root, 'large'), Buffer.alloc(2e6));
  const lock = join(garden.paths.locks, 'registry.lock');
  await mkdir(lock);
  await utimes(lock, 1, 1);
  if (process.platform !== 'win32') await chmod(dataDir(), 0o755);

  const checks = await runDoctor({ dataDir: dataDir(), native: false });
  expect(find(checks, 'codebase of shop')).toMatchObject({
    state: 'warn',
    remedy: expect.stringContaining('remove shop'),
  });
  expect(find(checks, 'index of shop')).toMatchObject({ state: 'warn' });
  expect(find(checks, 'adapter 3 of shop')).toMatchObject({
    state: 'fail',
    detail: expect.stringMatching(/the base model answers instead/),
    remedy: expect.stringMatching(/promote shop/),
  });
  expect(find(checks, 'background runner').detail).toMatch(/not alive, though 1 run waits/);
  expect(find(checks, 'locks').detail).toMatch(/registry\.lock/);
  expect(find(checks, 'disk use')).toMatchObject({
    state: 'warn',
    detail: expect.stringMatching(/nothing in it can be spared/),
  });
  if (process.platform !== 'win32')
    expect(find(checks, 'data directory').remedy).toBe(`chmod 700 ${dataDir()}`);
});

test('a damaged index is told with the command that mends it; mended, it is whole', async () => {
  const code = join(folder, 'shop');
  await mkdir(code);
  await writeFile(join(code, 'slug.ts'), 'export const slug = (title: string) => title.toLowerCase();\n');
  const project = await garden.registry.add({ path: code, baseModel: 'smollm2-135m-instruct' });
  const index = new ProjectIndex(garden.paths, project.id);
  await refreshIndex(index, code, wordEmbedder());
  index.close();
  const whole = async () =>
    (await checkProject(garden, project)).find(({ name }) => name === 'index of shop');
  expect(await whole()).toMatchObject({ state: 'ok' });
  const folders = await readdir(garden.paths.index(project.id));
  const data = join(garden.paths.index(project.id), folders.find((name) => name.endsWith('.lance'))!, 'data');
  for (const name of await readdir(data)) await truncate(join(data, name), 20);
  expect(await whole()).toMatchObject({
    state: 'fail',
    remedy: expect.stringContaining('gardener refresh shop --no-train'),
  });
  await refreshIndex(index, code, wordEmbedder(), { verify: true });
  index.close();
  expect(await whole()).toMatchObject({ state: 'ok' });
});

test('a data directory that cannot be opened is told once, and the rest is still looked at', async () => {
  await writeFile(garden.paths.settingsFile, '{"rank": ');
  const checks = await runDoctor({ dataDir: dataDir(), native: false });
  expect(checks.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual(['state']);
  expect(find(checks, 'state').detail).toMatch(/settings\.json is damaged/);
  const file = join(folder, 'file');
  await writeFile(file, '');
  const others = await runDoctor({ dataDir: file, native: false });
  expect(others.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual(['data directory']);
});

test('--full: a whole model writes a word, one with a flipped byte fails and says how to mend it', async () => {
  const id = 'smollm2-135m-instruct';
  const model = await ensureModel(garden.paths, id, { fromFile: inject('baseModelFile') });
  expect(await checkModel(garden, id, true)).toMatchObject({
    state: 'ok',
    detail: expect.stringMatching(/sha256 as it should be, llama.cpp writes with it/),
  });
  const handle = await open(model.weights, 'r+');
  await handle.write(Buffer.from([0xff]), 0, 1, 90_000_000);
  await handle.close();
  expect(await checkModel(garden, id, false)).toMatchObject({ state: 'ok' });
  expect(await checkModel(garden, id, true)).toMatchObject({
    state: 'fail',
    remedy: expect.stringMatching(/models pull/),
  });
});

test('a server of models: reached, in trouble, away, without an address', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/api/version' ? 200 : request.url === '/locked/models' ? 401 : 500;
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await checkReachable('ollama', `${url}/`)).toMatchObject({ state: 'ok' });
  expect(await checkReachable('openai', `${url}/locked`)).toMatchObject({ state: 'ok' });
  expect(await checkReachable('openai', url)).toMatchObject({
    state: 'fail',
    detail: expect.stringMatching(/answers 500/),
  });
  server.close();
  expect(await checkReachable('ollama', url)).toMatchObject({
    state: 'fail',
    remedy: expect.stringMatching(/ollama serve/),
  });
  expect(await checkReachable('openai', '')).toMatchObject({
    state: 'fail',
    detail: expect.stringMatching(/no address/),
  });
});

test('an old Node, a processor without AVX2, little memory, a module that is not there', async () => {
  expect(checkNode('18.20.0')).toMatchObject({ state: 'fail', remedy: expect.stringMatching(/Node 20\.19/) });
  expect(checkNode('20.19.0').state).toBe('ok');
  expect(await checkProcessor('flags : sse4_2 fma\n', 'x64')).toMatchObject({ state: 'warn' });
  expect(await checkProcessor('flags : avx2 fma\n', 'x64')).toMatchObject({
    state: 'ok',
    detail: expect.stringMatching(/avx2 fma$/),
  });
  expect(await checkProcessor('Features : asimd\n', 'arm64')).toMatchObject({ state: 'ok' });
  expect(checkMemory(2 * 1024 ** 3, 1)).toMatchObject({
    state: 'warn',
    remedy: expect.stringMatching(/sequenceLength/),
  });
  expect(await probeModule('nothing', 'this')).toMatchObject({
    state: 'fail',
    detail: expect.stringMatching(/this will not work: .*no probe called nothing/),
  });
});
