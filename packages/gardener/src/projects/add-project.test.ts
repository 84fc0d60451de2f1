import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chunkCodebase } from '../codebase/read/chunk-codebase.js';
import { type Garden, openGarden } from '../garden/garden.js';
import { addProject } from './add-project.js';

let folder: string;
let code: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-add-'));
  code = join(folder, 'shop');
  await mkdir(code);
  await writeFile(join(code, 'slug.ts'), 'export const slug = 1;\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (dataDir: string): Promise<Garden> => openGarden({ dataDir, settings: { logLevel: 'silent' } });

it('adds nothing when it is stopped while a model is fetched', async () => {
  const garden = await open(join(folder, 'data'));
  const stop = new AbortController();
  const fetchModels = async () => stop.abort();
  await expect(addProject(garden, { path: code, signal: stop.signal, fetchModels })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(await garden.registry.list()).toEqual([]);
});

it('a data directory inside the codebase is no part of it, and none can be the codebase', async () => {
  const garden = await open(join(code, 'data'));
  await garden.registry.add({ path: code, baseModel: 'smollm2-135m-instruct' });
  const seen: string[] = [];
  for await (const { path } of chunkCodebase(code)) seen.push(path);
  expect(seen).toEqual(['slug.ts']);
  const fetchModels = async () => undefined;
  await expect(addProject(await open(code), { path: code, fetchModels })).rejects.toMatchObject({
    code: 'garden.path-is-data-directory',
  });
});
