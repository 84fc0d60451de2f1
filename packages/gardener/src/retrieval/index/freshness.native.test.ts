import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunkCodebase } from '../../codebase/read/chunk-codebase.js';
import { headCommit } from '../../codebase/walk/git-list.js';
import { GardenPaths } from '../../garden/files/paths.js';
import { wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { indexFreshness } from './freshness.js';
import { ProjectIndex } from './project-index.js';

let folder: string;
let root: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: root, stdio: 'ignore' });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshness-'));
  root = join(folder, 'code');
  await mkdir(root);
  for (const name of ['a.ts', 'b.ts', 'c.ts'])
    await writeFile(join(root, name), `export const ${name[0]} = 1;\n`);
  await writeFile(join(root, 'left-out.ts'), '// @generated\nconst x = 1;\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Indexes what lies in the root; gives what tells how many files have changed since. */
async function indexed(): Promise<() => Promise<number | null>> {
  const paths = new GardenPaths(join(folder, 'data'));
  await mkdir(paths.project('p'), { recursive: true });
  const index = new ProjectIndex(paths, 'p');
  await index.update(chunkCodebase(root), wordEmbedder(), { root });
  index.close();
  return async () => (await indexFreshness(paths.index('p'), root))?.changedSince ?? null;
}

describe.each(['git', 'plain'])('in a %s folder', (kind) => {
  beforeEach(() => {
    if (kind === 'git') {
      git('init', '-q');
      git('add', '.');
      git('commit', '-qm', 'first');
    }
  });

  it('counts edits, new, removed and renamed files, and nothing else', async () => {
    const changed = await indexed();
    expect(await changed()).toBe(0);
    await writeFile(join(root, 'a.ts'), 'export const a = 2;\n');
    expect(await changed()).toBe(1);
    await writeFile(join(root, 'd.ts'), 'export const d = 1;\n');
    expect(await changed()).toBe(2);
    await rm(join(root, 'b.ts'));
    expect(await changed()).toBe(3);
    await rename(join(root, 'c.ts'), join(root, 'e.ts'));
    expect(await changed()).toBe(5);
  });

  it('does not count a file that was only touched, nor a change that was taken back', async () => {
    const changed = await indexed();
    const later = new Date(Date.now() + 5_000);
    await utimes(join(root, 'a.ts'), later, later);
    expect(await changed()).toBe(0);
  });

  it('counts a file that was left out only once it is changed', async () => {
    const changed = await indexed();
    const later = new Date(Date.now() + 5_000);
    await utimes(join(root, 'left-out.ts'), later, later);
    expect(await changed()).toBe(0);
    await writeFile(join(root, 'left-out.ts'), 'export const by = "hand";\n');
    expect(await changed()).toBe(1);
  });

  it('counts every file when all are gone', async () => {
    const changed = await indexed();
    for (const name of ['a.ts', 'b.ts', 'c.ts', 'left-out.ts']) await rm(join(root, name));
    expect(await changed()).toBe(3);
  });

  it('tells the commit, and no count of a folder that was moved away', async () => {
    await indexed();
    const commit = kind === 'git' ? await headCommit(root) : null;
    const directory = new GardenPaths(join(folder, 'data')).index('p');
    expect(await indexFreshness(directory, root)).toMatchObject({ commit, complete: true, changedSince: 0 });
    await rename(root, join(folder, 'elsewhere'));
    expect(await indexFreshness(directory, root)).toMatchObject({ commit, changedSince: null });
    expect(await indexFreshness(join(folder, 'none'), root)).toBeNull();
  });
});
