import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeJson } from '../../../garden/files/json-state.js';
import { GardenPaths } from '../../../garden/files/paths.js';
import { settingsSchema } from '../../../garden/settings/settings.js';
import { environmentState, INSTALLED_FILE, requireEngine } from './engine-environment.js';
import { requirementsHash } from './engine-sources.js';

let paths: GardenPaths;
beforeEach(async () => {
  paths = new GardenPaths(await mkdtemp(join(tmpdir(), 'gardener-engine-')));
});
afterEach(() => rm(paths.root, { recursive: true, force: true }));

const settings = settingsSchema.parse({});

async function install(requirements: string): Promise<void> {
  const installed = { schemaVersion: 1, requirements, installedAt: '2026-11-29T00:00:00.000Z' };
  await writeJson(join(paths.engine('peft'), INSTALLED_FILE), installed);
}

test('an engine that is not there, half there or of another version is refused, each with what mends it', async () => {
  const refusal = () => requireEngine('peft', { paths, settings });
  const remedy = expect.stringContaining('`gardener doctor --install peft`');
  await expect(refusal()).rejects.toMatchObject({ code: 'training.engine-not-installed', remedy });
  await mkdir(paths.engine('peft'), { recursive: true });
  await expect(refusal()).rejects.toMatchObject({ code: 'training.engine-broken', remedy });
  await install('0'.repeat(64));
  await expect(refusal()).rejects.toMatchObject({ code: 'training.engine-outdated', remedy });
  await install(await requirementsHash('peft'));
  expect(await refusal()).toContain(paths.engine('peft'));
  expect(await environmentState(paths, 'mlx')).toBe('absent');
});

test("a Python of the user's own is taken without looking", async () => {
  const own = { ...settings, enginePython: '/opt/conda/bin/python' };
  expect(await requireEngine('peft', { paths, settings: own })).toBe('/opt/conda/bin/python');
});
