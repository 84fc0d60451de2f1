import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChunkedFile, FileOutcome } from '../codebase/chunk-types.js';
import { headCommit } from '../codebase/git-list.js';
import { GardenPaths } from '../garden/paths.js';
import { makeFile } from './chunks.fixture.js';
import { changedSince } from './freshness.js';
import { type IndexManifest, openIndex } from './index.js';
import { wordEmbedder } from './word-embedder.fixture.js';

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
  await writeFile(join(root, 'left-out.ts'), '// generated\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Indexes what lies in the root as the codebase room would. */
async function indexed(): Promise<IndexManifest> {
  async function* items(): AsyncGenerator<ChunkedFile | FileOutcome> {
    for (const name of ['a.ts', 'b.ts', 'c.ts']) {
      const bytes = await readFile(join(root, name));
      const { mtimeMs } = await stat(join(root, name));
      const hash = createHash('sha256').update(bytes).digest('hex');
      yield { ...makeFile(name, [{ text: bytes.toString() }], mtimeMs), hash };
    }
    yield { path: 'left-out.ts', outcome: 'skipped', reason: 'generated' };
  }
  const index = await openIndex(new GardenPaths(join(folder, 'data')), 'p');
  const manifest = await index.update(items(), wordEmbedder(), { root });
  index.close();
  return manifest;
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
    const manifest = await indexed();
    expect(await changedSince(root, manifest)).toBe(0);
    await writeFile(join(root, 'a.ts'), 'export const a = 2;\n');
    expect(await changedSince(root, manifest)).toBe(1);
    await writeFile(join(root, 'd.ts'), 'export const d = 1;\n');
    expect(await changedSince(root, manifest)).toBe(2);
    await rm(join(root, 'b.ts'));
    expect(await changedSince(root, manifest)).toBe(3);
    await rename(join(root, 'c.ts'), join(root, 'e.ts'));
    expect(await changedSince(root, manifest)).toBe(5);
  });

  it('does not count a file that was only touched, nor a change that was taken back', async () => {
    const manifest = await indexed();
    const later = new Date(Date.now() + 5_000);
    await utimes(join(root, 'a.ts'), later, later);
    expect(await changedSince(root, manifest)).toBe(0);
  });

  it('counts a file that was left out only once it is touched', async () => {
    const manifest = await indexed();
    expect(await changedSince(root, manifest)).toBe(0);
    const later = new Date(Date.now() + 5_000);
    await utimes(join(root, 'left-out.ts'), later, later);
    expect(await changedSince(root, manifest)).toBe(1);
  });

  it('counts every file when all are gone', async () => {
    const manifest = await indexed();
    for (const name of ['a.ts', 'b.ts', 'c.ts', 'left-out.ts']) await rm(join(root, name));
    expect(await changedSince(root, manifest)).toBe(3);
  });

  it('notes the commit', async () => {
    expect((await indexed()).commit).toBe(kind === 'git' ? await headCommit(root) : null);
  });
});
