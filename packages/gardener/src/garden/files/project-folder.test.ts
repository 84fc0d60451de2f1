import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GardenPaths } from './paths.js';
import { inProjectFolder, makeProjectFolder } from './project-folder.js';

let root: string;
let paths: GardenPaths;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'project-folder-'));
  paths = new GardenPaths(root);
  await mkdir(paths.project('p'), { recursive: true });
  await writeFile(paths.projectFile('p'), '{}');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const REMOVED = { code: 'garden.unknown-project', message: expect.stringContaining('was removed') };
const remove = () => rm(paths.project('p'), { recursive: true });
const inIndex = (work: () => Promise<void>) => inProjectFolder(paths, 'p', paths.index('p'), work);

it('makes folders in that of a project, again and again, and never the project itself', async () => {
  const folder = join(paths.adapters('p'), '.forming-1');
  for (let i = 0; i < 2; i++) await makeProjectFolder(paths, 'p', folder);
  expect(await readdir(paths.adapters('p'))).toEqual(['.forming-1']);
  await remove();
  await expect(makeProjectFolder(paths, 'p', folder)).rejects.toMatchObject(REMOVED);
  expect(await readdir(paths.projects)).toEqual([]);
});

it('says that a file is in the way', async () => {
  await writeFile(paths.index('p'), '');
  await expect(makeProjectFolder(paths, 'p', paths.index('p'))).rejects.toMatchObject({ code: 'EEXIST' });
});

it('deletes what the work has made again of a project that was removed meanwhile, whether it failed or not', async () => {
  for (const fails of [false, true]) {
    await mkdir(paths.project('p'), { recursive: true });
    await writeFile(paths.projectFile('p'), '{}');
    const work = inIndex(async () => {
      await remove();
      await mkdir(join(paths.index('p'), 'table'), { recursive: true });
      if (fails) throw new Error('not found');
    });
    await expect(work).rejects.toMatchObject(REMOVED);
    expect(await readdir(paths.projects)).toEqual([]);
  }
});

it('leaves a project whose record was set aside, and one of which more is left, as they are', async () => {
  await inIndex(() => rename(paths.projectFile('p'), `${paths.projectFile('p')}.damaged-1`));
  expect(await readdir(paths.project('p'))).toEqual(['index', 'project.json.damaged-1']);
  const work = inIndex(async () => {
    await mkdir(paths.adapter('p', 1), { recursive: true });
    await rm(`${paths.projectFile('p')}.damaged-1`);
  });
  await expect(work).rejects.toMatchObject({ code: 'garden.unknown-project' });
  expect(await readdir(paths.project('p'))).toEqual(['adapters', 'index']);
});
