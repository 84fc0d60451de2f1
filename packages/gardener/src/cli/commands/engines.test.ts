import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let here: TestGarden;
beforeEach(async () => {
  here = await makeTestGarden();
});
afterEach(() => here.remove());

test('an engine that is not installed is refused before anything is queued, with the command that installs it', async () => {
  const shop = join(here.root, 'shop');
  await mkdir(shop);
  await writeFile(join(shop, 'a.py'), 'def a():\n    return 1\n');
  const refusal = {
    exitCode: 1,
    code: 'training.engine-not-installed',
    remedy: expect.stringContaining('`gardener doctor --install peft`'),
  };
  expect(await here.failure('add', shop, '--engine', 'peft')).toMatchObject(refusal);
  expect(await here.garden.registry.list()).toEqual([]);
  await here.add('shop', shop);
  expect(await here.failure('train', 'shop', '--engine', 'peft')).toMatchObject(refusal);
});

test('an installation that was broken off is told, and removed', async () => {
  await mkdir(here.garden.paths.engine('mlx'), { recursive: true });
  await here.add('shop', here.root);
  expect(await here.failure('train', 'shop', '--engine', 'mlx')).toMatchObject({
    code: 'training.engine-broken',
    message: 'The engine mlx cannot start: its installation was broken off.',
  });
  expect((await here.gardener('doctor', '--remove', 'mlx')).stdout).toBe('mlx is removed.\n');
  expect(await here.json('doctor', '--remove', 'mlx')).toEqual({ engine: 'mlx', removed: false });
});
