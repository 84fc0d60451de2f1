import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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

it('what is taken is refused before a model is fetched, and nothing is written by that', async () => {
  const garden = await open(join(folder, 'data'));
  const fetched: string[] = [];
  const fetchModels = async (ids: readonly string[]) => void fetched.push(...ids);
  const { project } = await addProject(garden, { path: code, fetchModels });
  fetched.length = 0;
  await mkdir(join(folder, 'other'));
  await writeFile(join(folder, 'other', 'a.ts'), 'export const a = 1;\n');
  const refused = async (path: string, name?: string) => {
    // With locks gone, whatever is written would have to make them again.
    await rm(garden.paths.locks, { recursive: true });
    const attempt = addProject(garden, { path, name, fetchModels }).catch(({ code: known }) => known);
    const found = [await attempt, await readdir(garden.paths.root)];
    await mkdir(garden.paths.locks);
    return found;
  };
  const untouched = expect.not.arrayContaining(['locks']);
  expect(await refused(code, 'again')).toEqual(['garden.project-exists', untouched]);
  expect(await refused(join(folder, 'other'), 'shop')).toEqual(['garden.name-taken', untouched]);
  expect(await refused(join(folder, 'other'), 'a/b')).toEqual(['garden.bad-name', untouched]);
  expect(await refused(join(folder, 'nowhere'))).toEqual(['codebase.path-missing', untouched]);
  expect(fetched).toEqual([]);
  expect((await garden.registry.list()).map(({ id }) => id)).toEqual([project.id]);
});
