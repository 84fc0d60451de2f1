import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { readComparison } from '../training/evaluation/compare/comparison.js';
import { compareBases } from './compare-bases.js';
import { testGarden } from './garden-with-models.fixture.js';

let garden: Garden;
let project: ProjectRecord;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ garden, project, remove } = await testGarden(8, {}, 'tiny'));
});
afterEach(() => remove());

it('measures a base on a project that was never indexed, and keeps the outcome', async () => {
  const labels = new Set<string>();
  const made = await compareBases(garden, project, {
    bases: [inject('tinyBaseFile')],
    budgetMs: 10_000,
    onProgress: (label) => labels.add(label.replace(/.*: /, '')),
  });
  expect(made).toMatchObject({
    heldOutFrom: 'split',
    bases: [{ id: inject('tinyBaseFile'), problem: null }],
  });
  const figures = made.bases[0]?.figures;
  expect(figures?.bitsPerByte).toBeGreaterThan(0.1);
  expect(figures?.bitsPerByte).toBeLessThan(20);
  expect(figures).toMatchObject({ adapter: null, trainingSpeedFrom: 'steps' });
  expect(figures?.trainingTokensPerSecond).toBeGreaterThan(10);
  expect(figures?.answeringMemoryBytes).toBeGreaterThan(made.bases[0]?.bytes ?? 0);
  expect([...labels]).toEqual(expect.arrayContaining(['reading the code', 'scoring', 'writing']));
  expect(await readComparison(garden.paths, project.id)).toEqual(made);
});

it('stopped, it leaves nothing', async () => {
  const stop = new AbortController();
  const comparing = compareBases(garden, project, {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('stopped')),
  });
  await expect(comparing).rejects.toThrow('stopped');
  expect(await readComparison(garden.paths, project.id)).toBeNull();
  expect(await readdir(garden.paths.project(project.id))).toEqual(['project.copy.json', 'project.json']);
});

it('says what is missing: code, a base, a file that is a model', async () => {
  const bad = join(garden.paths.root, 'bad.gguf');
  await writeFile(bad, 'GGUF and then nothing of the kind');
  const made = await compareBases(garden, project, { bases: [bad] });
  expect(made.bases[0]).toMatchObject({ figures: null, problem: expect.stringMatching(/\.$/) });
  expect(await readComparison(garden.paths, project.id)).toBeNull();
  await expect(compareBases(garden, project, { bases: ['smollm2-360m-instruct'] })).rejects.toMatchObject({
    code: 'training.model-missing',
  });
  const empty = await mkdtemp(join(tmpdir(), 'gardener-empty-'));
  await writeFile(join(empty, 'README.md'), '# Nothing but words\n');
  const other = await garden.registry.add({ path: empty, baseModel: inject('tinyBaseFile') });
  await expect(compareBases(garden, other)).rejects.toMatchObject({ code: 'training.nothing-to-compare' });
  await rm(empty, { recursive: true });
});
