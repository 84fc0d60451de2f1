import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { repository, TestGarden } from './run-gardener.js';

const run = promisify(execFile);
const garden = new TestGarden();
const folder = mkdtempSync(join(tmpdir(), 'gardener-install-'));
const prefix = join(folder, 'prefix');
const isWindows = process.platform === 'win32';
const options = {
  cwd: folder,
  maxBuffer: 16 * 1024 * 1024,
  shell: isWindows,
  // As outside a checkout: npm's settings of this one do not reach there.
  env: {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
    CODEBASE_GARDENER_DATA_DIR: garden.dataDir,
  },
};
const command = isWindows ? join(prefix, 'gardener.cmd') : join(prefix, 'bin', 'gardener');
const installed = join(prefix, ...(isWindows ? [] : ['lib']), 'node_modules', 'codebase-gardener');
const gardener = async (...words: string[]) => (await run(command, words, options)).stdout;
const json = async (...words: string[]) => JSON.parse(await gardener(...words, '--json'));
let tarball = '';

// As a user does it: one file, one line, nothing beside it.
beforeAll(async () => {
  const pack = join(repository, 'scripts', 'release', 'pack.ts');
  const ours = ['--conditions=source', '--import', 'tsx', pack, '--to', folder];
  await run(process.execPath, ours, { ...options, cwd: repository, shell: false });
  tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  await run('npm', ['install', '-g', '--prefix', prefix, '--ignore-scripts', `./${tarball}`], options);
});
afterAll(() => {
  garden.remove();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

it('the packed command says the version of the package', async () => {
  const { version } = JSON.parse(
    readFileSync(join(repository, 'packages', 'gardener', 'package.json'), 'utf8'),
  );
  expect(await gardener('--version')).toBe(`${version}\n`);
  expect(tarball).toBe(`codebase-gardener-${version}.tgz`);
});

it('takes under 100 MB to download and under 250 MB on disk, and brings nothing else', () => {
  expect(statSync(join(folder, tarball)).size).toBeLessThan(100e6);
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  const bytes = files.reduce((sum, file) => sum + statSync(join(installed, file)).size, 0);
  expect(bytes).toBeLessThan(250e6);
  expect(readdirSync(join(installed, '..'))).toEqual(['codebase-gardener']);
  expect(files).toContain('THIRD-PARTY-LICENSES.txt');
  expect(files).toContain(join('dist', 'web', 'index.html'));
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect(manifest).not.toHaveProperty('dependencies');
  expect(manifest).not.toHaveProperty('scripts');
});

it('every native module works from there, and so does each grammar', async () => {
  const { checks } = (await json('doctor')) as { checks: { name: string; state: string }[] };
  expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(checks.map(({ name }) => name)).toContain('node-llama-cpp');
  const grammars = readdirSync(join(installed, 'dist', 'grammars'));
  expect(grammars).toContain('tree-sitter-typescript.wasm.gz');
  expect(grammars).toContain('tree-sitter-kotlin.wasm.gz');
});

it('adds a codebase, finds code in it, and answers with the base model', async () => {
  await json('models', 'pull', 'smollm2-135m-instruct', '--from', inject('baseModelFile'));
  await json('models', 'pull', 'all-minilm-l6-v2', '--from', inject('embeddingModelDirectory'));
  const codebase = join(folder, 'optimizer');
  cpSync(join(repository, 'packages', 'lora', 'src', 'train', 'optimizer'), codebase, {
    recursive: true,
    filter: (file) => !/\.(?:generated\.ts|wat)$/.test(file),
  });
  const files = readdirSync(codebase).length;
  const added = await json('add', codebase, '--no-train', '--wait');
  expect(added.index.state).toBe('ready');
  expect(added.index.files).toMatchObject({ failed: {}, indexed: files });
  const [found] = await json('search', 'learning rate schedule with warm-up', '--project', 'optimizer');
  expect(found.chunk.path).toBe('schedule.ts');
  const { answer } = await json('ask', 'What does AdamW do here?', '--project', 'optimizer');
  expect(answer.length).toBeGreaterThan(0);
});

it('a process of its own tries llama.cpp, as without bundling', () => {
  const file = join(installed, 'dist', 'testBindingBinary.js');
  expect(existsSync(file)).toBe(true);
  // It is the child that node-llama-cpp forks: without its parent it has nothing to do and ends.
  execFileSync(process.execPath, [file]);
});
