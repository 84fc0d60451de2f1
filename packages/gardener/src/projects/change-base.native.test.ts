import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { type Garden, openGarden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { createRun } from '../garden/runs/runs.js';
import { readBaseFacts } from '../training/adapters/open-base.js';
import { saveEmptyAdapter } from '../training/adapters/saved-adapter.fixture.js';
import type { Scorecard } from '../training/evaluation/scorecard.js';
import { openRunContext } from '../training/run/run-context.js';
import { promote } from '../training/run/stages/promote.js';
import { usesOfModel } from './model-uses.js';
import { promoteAdapter } from './promote-adapter.js';

const OLD = 'smollm2-135m-instruct';

let folder: string;
let garden: Garden;
let project: ProjectRecord;
/** A base that is on disk, the small one. */
let next: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-base-'));
  await mkdir(join(folder, 'shop'));
  await writeFile(join(folder, 'shop', 'a.ts'), 'export const a = 1;\n');
  garden = await openGarden({ dataDir: join(folder, 'data'), settings: { logLevel: 'silent' } });
  project = await garden.registry.add({ path: join(folder, 'shop'), baseModel: OLD });
  next = inject('tinyBaseFile');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An adapter of the project that nobody runs. */
async function addAdapter(version: number, base: string): Promise<void> {
  await saveEmptyAdapter(garden.paths, { id: project.id, baseModel: base }, version);
}

const answers = async () => {
  const { baseModel, promotedAdapter } = await garden.registry.get(project.id);
  return { baseModel, promotedAdapter };
};

/** The context of a training that was queued with these options. */
async function trainingOf(options: Record<string, unknown>) {
  const { id } = await createRun(garden.paths, project.id, 'train', options);
  return openRunContext(garden.paths.run(project.id, id), new AbortController().signal);
}

it('promotion switches base and adapter together, roll-back switches back, "base" keeps the base', async () => {
  await addAdapter(1, OLD);
  await addAdapter(2, next);
  await promoteAdapter(garden, project, 2);
  expect(await answers()).toEqual({ baseModel: next, promotedAdapter: 2 });
  await promoteAdapter(garden, await garden.registry.get(project.id), null);
  expect(await answers()).toEqual({ baseModel: next, promotedAdapter: null });
  // What is not on this machine is not switched to.
  const back = promoteAdapter(garden, await garden.registry.get(project.id), 1);
  await expect(back).rejects.toMatchObject({ code: 'training.model-missing' });
  expect(await answers()).toEqual({ baseModel: next, promotedAdapter: null });
});

it('another base answers untouched when it is named, and an adapter takes no other base than its own', async () => {
  await addAdapter(1, OLD);
  await garden.registry.update(project.id, { promotedAdapter: 1 });
  const now = () => garden.registry.get(project.id);
  await promoteAdapter(garden, await now(), null, next);
  expect(await answers()).toEqual({ baseModel: next, promotedAdapter: null });
  await addAdapter(2, next);
  await promoteAdapter(garden, await now(), 2);
  expect(await answers()).toEqual({ baseModel: next, promotedAdapter: 2 });
  for (const [version, base, code] of [
    [2, OLD, 'training.adapter-has-base'],
    [null, 'gpt-4', 'models.unknown-model'],
    [null, OLD, 'training.model-missing'],
  ] as const) {
    await expect(promoteAdapter(garden, await now(), version, base)).rejects.toMatchObject({ code });
  }
  expect(await answers()).toEqual({ baseModel: next, promotedAdapter: 2 });
});

it('a queued training whose base was deleted says which and what to do', async () => {
  const gone = join(folder, 'gone.gguf');
  await copyFile(next, gone);
  const { id } = await createRun(garden.paths, project.id, 'train', { baseModel: gone });
  await rm(gone);
  const run = await openRunContext(garden.paths.run(project.id, id), new AbortController().signal);
  await expect(readBaseFacts(garden.paths, run.baseModel)).rejects.toMatchObject({
    code: 'models.missing-file',
    message: expect.stringContaining(gone),
    remedy: expect.stringMatching(/\S/),
  });
  await expect(readBaseFacts(garden.paths, OLD)).rejects.toMatchObject({
    code: 'training.model-missing',
    remedy: expect.stringContaining(`gardener models pull ${OLD}`),
  });
});

it('a training keeps the base that it was queued with, and its promotion brings it into force', async () => {
  const run = await trainingOf({ baseModel: next });
  expect([run.baseModel, run.project.baseModel]).toEqual([next, OLD]);
  const refused = { promoted: false, reason: 'No better.', adapterVersion: 1 } as Scorecard;
  await promote(run, refused);
  expect(await answers()).toEqual({ baseModel: OLD, promotedAdapter: null });
  await promote(run, { ...refused, promoted: true });
  expect(await answers()).toEqual({ baseModel: next, promotedAdapter: 1 });
});

it('a project that changes its base does not change that of a queued training', async () => {
  const { description } = await trainingOf({ baseModel: OLD });
  await garden.registry.update(project.id, { baseModel: next });
  const directory = garden.paths.run(project.id, description.id);
  expect((await openRunContext(directory, new AbortController().signal)).baseModel).toBe(OLD);
});

it('a run of an older version, which names no base, takes the one of its project', async () => {
  expect((await trainingOf({})).baseModel).toBe(OLD);
});

it('tells who needs a model: who answers with it, has adapters of it, or trains on it', async () => {
  expect(await usesOfModel(garden, next)).toEqual([]);
  await addAdapter(1, next);
  await createRun(garden.paths, project.id, 'train', { baseModel: next });
  expect(await usesOfModel(garden, next)).toEqual([
    { projectName: 'shop', answers: false, adapters: [1], trains: true },
  ]);
  expect(await usesOfModel(garden, OLD)).toEqual([
    { projectName: 'shop', answers: true, adapters: [], trains: false },
  ]);
});
