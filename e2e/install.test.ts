import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repository } from './run-gardener.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'gardener-install-'));
const options = {
  cwd: folder,
  maxBuffer: 16 * 1024 * 1024,
  shell: process.platform === 'win32',
  env: { ...process.env, CODEBASE_GARDENER_DATA_DIR: join(folder, 'data') },
};
const gardener = (...words: string[]) => run('npx', ['--no-install', 'gardener', ...words], options);

// As a user does it: the packed files in an empty folder, and npm with the settings that lie beside them.
beforeAll(async () => {
  await run(process.execPath, [join(repository, 'scripts', 'pack.mjs'), '--to', folder], options);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], options);
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

it('the packed command says the version of the package', async () => {
  const { version } = JSON.parse(
    readFileSync(join(repository, 'packages', 'gardener', 'package.json'), 'utf8'),
  );
  expect((await gardener('--version')).stdout).toBe(`${version}\n`);
});

it('every native module works from there; nothing was built for a GPU', async () => {
  const { checks } = JSON.parse((await gardener('doctor', '--json')).stdout) as {
    checks: { name: string; state: string }[];
  };
  expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(checks.map(({ name }) => name)).toContain('node-llama-cpp');
  expect(existsSync(join(folder, 'node_modules', '@node-llama-cpp', 'linux-x64-cuda', 'bins'))).toBe(false);
});

it('holds what was built, the web UI too where there is one, and no tests', async () => {
  const installed = join(folder, 'node_modules', 'codebase-gardener');
  const web = join('dist', 'web', 'index.html');
  expect(existsSync(join(installed, web))).toBe(existsSync(join(repository, 'packages', 'gardener', web)));
  expect(existsSync(join(installed, 'node_modules', '@codebase-gardener', 'lora', 'dist', 'index.js'))).toBe(
    true,
  );
  expect(existsSync(join(installed, 'dist', 'garden', 'disk.test.js'))).toBe(false);
});
