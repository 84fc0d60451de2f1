import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { writeRandomAdapter } from '../../models/llama-cpp/adapter.fixture.js';
import { ensureModel } from '../../models/store/ensure-model.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let here: TestGarden;
const at = (name: string) => join(here.root, name);

beforeAll(async () => {
  here = await makeTestGarden();
  await mkdir(at('shop'));
  await writeFile(at('shop/cart.ts'), 'export const cart = [];\n');
  const baseModel = inject('tinyBaseFile');
  await here.garden.registry.add({ path: at('shop'), name: 'shop', baseModel });
  await ensureModel(here.garden.paths, 'all-minilm-l6-v2', { fromFile: inject('embeddingModelDirectory') });
  await mkdir(at('foreign'));
  await writeRandomAdapter(at('foreign/adapter.gguf'), baseModel, 7);
});
afterAll(() => here.remove());

test('before there is an adapter, export and evaluate say how to get one', async () => {
  const none = { exitCode: 1, code: 'training.no-such-adapter', message: 'shop has no adapter yet.' };
  const base = inject('tinyBaseFile');
  const lines = (...said: string[]) => new RegExp(`^${said.map((line) => `${line}\\n`).join('')}$`);
  const hashed = lines(`${base}: checking`, `✓ ${base} is on disk, checked`);
  const words = ['export', 'shop', '--format', 'gguf', '--to', at('none')];
  expect(await here.failureAfter(hashed, ...words)).toMatchObject(none);
  expect(await here.failure('evaluate', 'shop')).toMatchObject(none);
  expect(await here.failure('import', 'shop', at('shop'))).toMatchObject({
    exitCode: 1,
    code: 'training.no-adapter-files',
  });
});

test('an adapter from elsewhere is taken in, and answers only when it is told to', async () => {
  const { code, stdout, stderr } = await here.gardener('import', 'shop', at('foreign'));
  expect([code, stdout]).toEqual([
    0,
    'shop: imported as adapter 1. It does not answer yet.\nWhen you want it to answer: gardener promote shop 1\n',
  ]);
  expect(stderr).toContain('It does not say which weights it was trained on');
  expect(await here.json('import', 'shop', at('foreign'))).toMatchObject({ version: 2, baseIsKnown: false });
  expect((await here.garden.registry.get('shop')).promotedAdapter).toBeNull();
});

test('it is written out again in the format asked for, once', async () => {
  const words = ['export', 'shop', '--format', 'peft', '--to', at('peft'), '--adapter', '1'];
  const { code, stdout } = await here.gardener(...words);
  expect(code).toBe(0);
  const [first, ...rest] = stdout.trimEnd().split('\n');
  expect(first).toBe('shop, adapter 1, as peft:');
  expect(rest.at(-1)).toBe('✓ read back, equal bit for bit');
  const written = (await readdir(at('peft'))).sort();
  expect(rest.slice(0, -1).map((line) => line.trim())).toEqual(written.map((name) => at(`peft/${name}`)));
  expect(await here.failure(...words)).toMatchObject({ exitCode: 1, code: 'training.export-exists' });
  const newest = await here.json('export', 'shop', '--format', 'gguf', '--to', at('gguf'));
  expect(newest).toMatchObject({ version: 2, files: [at('gguf/adapter.gguf')] });
});

test('an adapter that was trained elsewhere has no held-out code to be scored on', async () => {
  expect(await here.failure('evaluate', 'shop', '--adapter', '1')).toMatchObject({
    exitCode: 1,
    code: 'training.no-held-out-data',
  });
  expect(await here.failure('evaluate', 'shop', '--adapter', '9')).toMatchObject({
    code: 'training.no-such-adapter',
  });
});
