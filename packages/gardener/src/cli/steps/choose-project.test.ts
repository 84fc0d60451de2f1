import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let made: TestGarden;
beforeEach(async () => {
  made = await makeTestGarden();
  for (const name of ['one', 'two', 'one/inner']) {
    await mkdir(join(made.root, name), { recursive: true });
    await made.add(name.replace('one/', ''), join(made.root, name));
  }
  await made.garden.registry.setActive('two');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await made.remove();
});

const standingIn = async (folder: string) => {
  await mkdir(join(made.root, folder), { recursive: true });
  const real = await realpath(join(made.root, folder));
  vi.spyOn(process, 'cwd').mockReturnValue(real);
  return (await made.gardener('status', '--files')).stderr;
};

test('the project of the folder one stands in comes before the active one, the innermost of nested ones', async () => {
  expect(await standingIn('one')).toBe('Project: one\n');
  expect(await standingIn('one/src/deep')).toBe('Project: one\n');
  expect(await standingIn('one/inner/src')).toBe('Project: inner\n');
  expect(await standingIn('one-more')).toBe('Project: two\n');
});
