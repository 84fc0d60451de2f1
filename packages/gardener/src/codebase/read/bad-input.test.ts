import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSource } from '../walk/read-source.js';
import { commitAll, git, makeTree } from '../walk/tree.fixture.js';
import { walkCodebase } from '../walk/walk.js';
import { chunkCodebase } from './chunk-codebase.js';

const isRoot = process.getuid?.() === 0;
const isWindows = process.platform === 'win32';
// Making them takes longer than walking them: all of them only where asked for.
const TINY_FILES = process.env.GARDENER_SLOW_TESTS ? 100_000 : 3_000;

async function account(root: string): Promise<Record<string, string>> {
  const lines: Record<string, string> = {};
  for await (const item of chunkCodebase(root))
    lines[item.path] = 'chunks' in item ? 'indexed' : `${item.outcome} ${item.reason}`;
  return lines;
}

describe.each([false, true])('bad input (in a git repository: %s)', (inGit) => {
  const prepare = (root: string) => {
    if (inGit) git(root, 'init', '-q');
    return root;
  };

  it('does not open a file of 10 GB', async () => {
    const root = prepare(makeTree({ 'a.ts': 'export const a = 1;\n', 'huge.ts': '', 'huge.py': '' }));
    for (const name of ['huge.ts', 'huge.py']) truncateSync(join(root, name), 10 * 1024 ** 3);
    expect(await account(root)).toMatchObject({
      'a.ts': 'indexed',
      'huge.ts': 'skipped too-large',
      'huge.py': 'skipped too-large',
    });
    rmSync(root, { recursive: true });
  });

  it(`accounts for ${TINY_FILES} tiny files in one folder`, { timeout: 120_000 }, async () => {
    const root = prepare(makeTree());
    for (let i = 0; i < TINY_FILES; i++) writeFileSync(join(root, `f${i}.ts`), `x${i}`);
    const { files, outcomes } = await walkCodebase(root);
    expect([files.length, outcomes.length]).toEqual([TINY_FILES, 0]);
    rmSync(root, { recursive: true });
  });

  it('reads a file below 200 levels of folders', async () => {
    const root = prepare(makeTree());
    const folder = join(root, ...Array.from({ length: 200 }, (_, i) => `d${i}`));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'deep.py'), 'def deep():\n    return 200\n');
    const [[path, outcome] = []] = Object.entries(await account(root));
    expect(path?.split('/')).toHaveLength(201);
    expect(outcome).toBe('indexed');
  });

  it('takes names of 255 bytes, with line ends and emoji', async () => {
    const names = [`${'x'.repeat(252)}.ts`, `${'🌱'.repeat(62)}aaaa.ts`, 'a\nb\tc\u001b[31m.ts'];
    expect(names.slice(0, 2).map((name) => Buffer.byteLength(name))).toEqual([255, 255]);
    const root = prepare(makeTree(Object.fromEntries(names.map((name) => [name, 'const x = 1;\n']))));
    expect(Object.keys(await account(root)).sort()).toEqual([...names].sort());
  });

  it.skipIf(isRoot || isWindows)('fails what may not be read (root may read everything)', async () => {
    const root = prepare(makeTree({ 'a.ts': 'const a = 1;\n', 'b.ts': 'x', 'shut/c.ts': 'x' }));
    chmodSync(join(root, 'b.ts'), 0);
    chmodSync(join(root, 'shut'), 0);
    expect(await account(root)).toMatchObject({ 'a.ts': 'indexed', 'b.ts': 'failed unreadable' });
    chmodSync(join(root, 'shut'), 0o755);
  });

  it.skipIf(isWindows)(
    'does not wait for a FIFO where git or we would read a file',
    { timeout: 15_000 },
    async () => {
      const root = makeTree({ 'a.ts': 'const a = 1;\n', 'tool/run.py': 'x = 1\n' });
      if (inGit) commitAll(root);
      execFileSync('mkfifo', [join(root, 'pipe.ts'), join(root, 'pipe')]);
      for (const name of ['.gitignore', '.gardenerignore']) execFileSync('mkfifo', [join(root, name)]);
      rmSync(join(root, 'tool/run.py'));
      execFileSync('mkfifo', [join(root, 'tool/run.py')]);
      const lines = await account(root);
      expect(lines).toMatchObject({ 'a.ts': 'indexed', 'tool/run.py': 'skipped not-a-file' });
      expect(Object.values(lines).filter((line) => line === 'indexed')).toHaveLength(1);
    },
  );

  it.skipIf(!isRoot || isWindows)('does not open a device', async () => {
    const root = prepare(makeTree({ 'a.ts': 'const a = 1;\n' }));
    try {
      execFileSync('mknod', [join(root, 'zero.ts'), 'c', '1', '5'], { stdio: 'ignore' });
    } catch {
      return; // A container may forbid device nodes even to root.
    }
    const lines = await account(root);
    expect(lines['a.ts']).toBe('indexed');
    expect(['skipped not-a-file', undefined]).toContain(lines['zero.ts']);
  });
});

it('gives up on a file that keeps changing while it is read', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'changing-')), 'a.ts');
  writeFileSync(file, 'x'.repeat(200_000));
  let writes = 0;
  let isReading = true;
  const writer = (async () => {
    while (isReading) {
      writeFileSync(file, String(writes++ % 10).repeat(200_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const reads = [];
  for (let i = 0; i < 20; i++) reads.push(await readSource(file, 2 ** 20));
  isReading = false;
  await writer;
  // Never two versions in one: it is whole, or told to have changed.
  for (const read of reads) {
    if (read.ok) expect(new Set(read.text).size).toBe(1);
    else
      expect(read).toMatchObject({
        outcome: expect.any(String),
        reason: expect.stringMatching(/changed|empty|deleted/),
      });
  }
});

describe('repositories in odd states', () => {
  it('refuses a bare repository and a .git folder, and says what to do', async () => {
    const root = makeTree({ 'a.ts': 'const a = 1;\n' });
    commitAll(root);
    const bare = `${root}-bare.git`;
    git(root, 'clone', '-q', '--bare', root, bare);
    for (const folder of [bare, join(root, '.git')]) {
      await expect(walkCodebase(folder)).rejects.toMatchObject({
        code: 'codebase.bare-repository',
        remedy: expect.stringContaining('git clone'),
      });
    }
  });

  it('lists the files of a rebase that stopped half way, conflicts and all', async () => {
    const root = makeTree({ 'a.py': 'x = 1\n', 'b.py': 'y = 1\n' });
    commitAll(root);
    const main = git(root, 'branch', '--show-current').trim();
    git(root, 'checkout', '-q', '-b', 'other');
    writeFileSync(join(root, 'a.py'), 'x = 2\n');
    git(root, 'commit', '-qam', 'two');
    git(root, 'checkout', '-q', main);
    writeFileSync(join(root, 'a.py'), 'x = 3\n');
    git(root, 'commit', '-qam', 'three');
    expect(() => git(root, 'rebase', 'other')).toThrow();
    const walk = await walkCodebase(root);
    expect(walk.files.map(({ path }) => path)).toEqual(['a.py', 'b.py']);
    expect(walk.commit).toBe(git(root, 'rev-parse', 'HEAD').trim());
    expect(Object.values(await account(root)).every((line) => line === 'indexed')).toBe(true);
  });
});

describe('.gardenerignore', () => {
  const files = {
    '.gitignore': '/dist/\n*.gen.ts\n',
    '.gardenerignore': '!/dist/api.ts\n!vendor/ours/\n!*.gen.ts\nskip.gen.ts\n!.env\n',
    'a.ts': 'x',
    'dist/api.ts': 'x',
    'dist/other.ts': 'x',
    'one.gen.ts': 'x',
    'skip.gen.ts': 'x',
    'vendor/ours/b.ts': 'x',
    'vendor/theirs/c.ts': 'x',
    '.env': 'KEY=1',
  };

  it.each([false, true])(
    "takes back what git's rules and folder names leave out, but no secrets (in git: %s)",
    async (inGit) => {
      const root = makeTree(files);
      if (inGit) commitAll(root);
      const walk = await walkCodebase(root);
      expect(walk.listedBy).toBe(inGit ? 'git' : 'ignore-files');
      expect(walk.files.map(({ path }) => path)).toEqual([
        'a.ts',
        'dist/api.ts',
        'one.gen.ts',
        'vendor/ours/b.ts',
      ]);
      expect(walk.outcomes).toContainEqual({ path: '.env', outcome: 'skipped', reason: 'secret' });
    },
  );
});

it('obeys .git/info/exclude and core.excludesFile, also of a repository whose index git cannot read', async () => {
  const root = makeTree({ 'a.ts': 'x', 'local.ts': 'x', 'mine.ts': 'x', patterns: 'mine.ts\n' });
  commitAll(root);
  git(root, 'rm', '-q', '--cached', 'local.ts', 'mine.ts');
  writeFileSync(join(root, '.git/info/exclude'), 'local.ts\n');
  git(root, 'config', 'core.excludesFile', join(root, 'patterns'));
  expect((await walkCodebase(root)).files.map(({ path }) => path)).toEqual(['a.ts']);
  writeFileSync(join(root, '.git/index'), 'not an index');
  const walk = await walkCodebase(root);
  expect(walk.listedBy).toBe('ignore-files');
  expect(walk.files.map(({ path }) => path)).toEqual(['a.ts', 'mine.ts']);
});
