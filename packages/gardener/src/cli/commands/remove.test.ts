import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTree } from '../../codebase/walk/tree.fixture.js';
import { openGarden } from '../../garden/garden.js';
import { entryCommand } from '../../garden/processes/spawn-entry.js';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gardener-remove-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** Runs the command without a terminal; its input stays open, as it does under a script. */
async function gardener(...words: string[]): Promise<{ code: number | null; stderr: string }> {
  const { command, args } = entryCommand(new URL('../main.js', import.meta.url), words);
  const env = { ...process.env, CODEBASE_GARDENER_DATA_DIR: dataDir, NO_COLOR: '1' };
  const child = spawn(command, args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

it('removes nothing unasked where there is no terminal, and says to pass --yes', async () => {
  const { registry } = await openGarden({ dataDir });
  await registry.add({ path: makeTree(), name: 'shop', baseModel: 'base' });

  expect(await gardener('remove', 'shop')).toEqual({
    code: 1,
    stderr:
      'error: shop was not removed: there is no terminal to ask on.\ntry: Pass --yes to remove it without being asked.\n',
  });
  expect((await registry.list()).map(({ name }) => name)).toEqual(['shop']);

  expect(await gardener('remove', 'shop', '--yes')).toEqual({ code: 0, stderr: '' });
  expect(await registry.list()).toEqual([]);
});
