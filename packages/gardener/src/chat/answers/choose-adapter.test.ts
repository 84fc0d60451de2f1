import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { writeAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import { adapterOptions, chooseAdapter } from './choose-adapter.js';

const BASE = { name: 'tiny', weightsHash: 'a', tokenizerHash: 'b', templateHash: 'c' };
const project = { id: 'abcdefgh', name: 'shop', baseModel: 'tiny', promotedAdapter: 1 };
let root: string;
let directory: string;
let paths: GardenPaths;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-choose-'));
  paths = new GardenPaths(root);
  directory = paths.adapter(project.id, 1);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'adapter.gguf'), 'GGUF');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function saved(strength?: number): Promise<void> {
  const content = { base: BASE, dataHash: null, commit: null, settings: {}, scores: null };
  const createdAt = new Date().toISOString();
  const own = strength === undefined ? {} : { strength };
  await writeAdapterManifest(directory, { ...content, createdAt, ...own }, ['adapter.gguf']);
}

test('an adapter answers at the strength that its training chose', async () => {
  await saved(0.75);
  const chosen = await chooseAdapter(paths, project, BASE);
  expect(chosen).toMatchObject({ version: 1, strength: 0.75, reason: 'Adapter 1 answers at strength 0.75.' });
  expect(adapterOptions(chosen)).toEqual({
    adapter: join(directory, 'adapter.gguf'),
    adapterStrength: 0.75,
    adapterName: 'gardener-abcdefgh-v1',
  });
});

test('a wanted strength goes before it, under another name on a server; 0 is the base', async () => {
  await saved(0.75);
  expect(await chooseAdapter(paths, project, BASE, null, 0.5)).toMatchObject({
    strength: 0.5,
    name: 'gardener-abcdefgh-v1-at-0.5',
  });
  expect(await chooseAdapter(paths, project, BASE, null, 0)).toEqual({
    ...{ version: null, file: null, name: null, strength: 0 },
    reason: 'The adapter has strength 0, so the base model answers.',
  });
});

test('one saved before there were strengths has 1', async () => {
  await saved();
  const file = join(directory, 'manifest.json');
  const { strength: _, ...old } = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify(old));
  expect(await chooseAdapter(paths, project, BASE)).toMatchObject({
    strength: 1,
    reason: 'Adapter 1 answers.',
  });
});
