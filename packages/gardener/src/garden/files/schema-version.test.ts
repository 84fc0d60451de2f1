import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GardenPaths } from './paths.js';
import { ensureSchemaVersion, type Migration } from './schema-version.js';

let folder: string;
let paths: GardenPaths;
let steps: number[];

const migrations: Migration[] = [1, 2].map((from) => ({ from, migrate: async () => void steps.push(from) }));
const version = async () => JSON.parse(await readFile(paths.versionFile, 'utf8')).schemaVersion;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-schema-'));
  paths = new GardenPaths(folder);
  steps = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a new directory gets the current version', async () => {
  await ensureSchemaVersion(paths);
  expect(await version()).toBe(1);
});

test('an older one is migrated step by step, once', async () => {
  await ensureSchemaVersion(paths, 1);
  await Promise.all([ensureSchemaVersion(paths, 3, migrations), ensureSchemaVersion(paths, 3, migrations)]);
  expect(steps).toEqual([1, 2]);
  expect(await version()).toBe(3);
});

test('a migration that fails is the one to go on from', async () => {
  await ensureSchemaVersion(paths, 1);
  const failing: Migration[] = [
    ...migrations.slice(0, 1),
    { from: 2, migrate: () => Promise.reject(new Error('disk on fire')) },
  ];
  await expect(ensureSchemaVersion(paths, 3, failing)).rejects.toThrow('disk on fire');
  expect(await version()).toBe(2);
  await ensureSchemaVersion(paths, 3, migrations);
  expect(steps).toEqual([1, 2]);
});

test('a newer one is refused and left alone', async () => {
  await writeFile(paths.versionFile, '{"schemaVersion": 7}');
  await expect(ensureSchemaVersion(paths)).rejects.toMatchObject({
    code: 'garden.schema-newer',
    remedy: expect.stringContaining('Update'),
  });
  expect(await version()).toBe(7);
});

test('one that no migration knows is refused', async () => {
  await writeFile(paths.versionFile, '{"schemaVersion": 0}');
  await expect(ensureSchemaVersion(paths)).rejects.toMatchObject({ code: 'garden.schema-too-old' });
});
