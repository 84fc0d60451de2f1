import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { entryCommand } from '../../garden/processes/spawn-entry.js';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gardener-pull-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function pull(from: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const words = ['models', 'pull', 'all-minilm-l6-v2', '--from', from];
  const { command, args } = entryCommand(new URL('../main.js', import.meta.url), words);
  const env = { ...process.env, CODEBASE_GARDENER_DATA_DIR: dataDir, NO_COLOR: '1' };
  return promisify(execFile)(command, args, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

it('refuses a folder that is not there, also when the model is on disk already', async () => {
  const given = inject('embeddingModelDirectory');
  expect((await pull(given)).code).toBe(0);
  const missing = await pull(join(dataDir, 'missing'));
  expect([missing.code, missing.stdout]).toEqual([1, '']);
  expect(missing.stderr).toContain(`error: There is nothing at ${join(dataDir, 'missing')}.\n`);
  expect(missing.stderr).toContain('try: Check the path given with --from.\n');
  expect(await pull(given)).toMatchObject({ code: 0, stdout: expect.stringContaining('is ready in') });
});
