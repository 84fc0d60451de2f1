import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileVersion, isThere } from './file-version.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-version-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('is another one when a file of the same size was put in its place, and the same while nothing happens', async () => {
  const file = join(folder, 'a');
  await writeFile(file, 'one');
  const before = await fileVersion(file);
  expect(await fileVersion(file)).toBe(before);
  await writeFile(join(folder, 'b'), 'two');
  await rename(join(folder, 'b'), file);
  expect(await fileVersion(file)).not.toBe(before);
});

it('tells what is not there, and what a link leads nowhere to', async () => {
  expect(await fileVersion(join(folder, 'nothing'))).toBeNull();
  await symlink(join(folder, 'nothing'), join(folder, 'link'));
  expect(await isThere(join(folder, 'link'))).toBe(false);
  expect(await isThere(folder)).toBe(true);
});
