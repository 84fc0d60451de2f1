import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeJson } from '../../garden/files/json-state.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { appendEvent, createRun, type RunEventInput } from '../../garden/runs/runs.js';
import { INDEX_SCHEMA_VERSION, writeManifest } from '../../retrieval/store/manifest.js';
import { saveEmptyAdapter } from '../../training/adapters/saved-adapter.fixture.js';
import { scorecardOf } from '../exchange/scorecard.fixture.js';
import { projectStatus } from '../project-status.js';
import { makeTestFleet, type TestFleet } from './fleet.fixture.js';
import { fleetStatus } from './fleet-status.js';
import { needsTraining } from './train-fleet.js';

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await makeTestFleet();
});
afterEach(() => fleet.remove());

const add = async (...folders: string[]): Promise<ProjectRecord[]> => {
  const { registry } = fleet.garden;
  const added = await registry.addAll(
    (await fleet.code(...folders)).map((path) => ({ path, baseModel: 'base' })),
  );
  return added as ProjectRecord[];
};

async function index(project: ProjectRecord, complete = true): Promise<void> {
  const directory = fleet.garden.paths.index(project.id);
  await mkdir(directory, { recursive: true });
  await writeManifest(directory, {
    ...{ schemaVersion: INDEX_SCHEMA_VERSION, embeddingModel: 'm', commit: null, indexedAt: 't', complete },
    ...{ files: { seen: 4, indexed: 3, skipped: {}, failed: {} }, chunks: 9, vectors: 9 },
  });
}

async function run(
  project: ProjectRecord,
  kind: 'index' | 'train',
  ...events: RunEventInput[]
): Promise<void> {
  const { id } = await createRun(fleet.garden.paths, project.id, kind, {});
  for (const event of events) await appendEvent(fleet.garden.paths.run(project.id, id), event);
}

async function adapter(
  project: ProjectRecord,
  version: number,
  loss: number,
  promoted: boolean,
): Promise<void> {
  const card = scorecardOf(loss, version);
  const directory = await saveEmptyAdapter(fleet.garden.paths, project, version, { ...card });
  await writeJson(join(directory, 'scorecard.json'), card);
  if (promoted) await fleet.garden.registry.update(project.id, { promotedAdapter: version });
}

const FAILED: RunEventInput = {
  type: 'run-fail',
  error: { code: 'train.diverged', message: 'The loss is no number.', remedy: 'Lower the learning rate.' },
};
const DONE: RunEventInput = { type: 'run-complete', reason: 'Better.', adapterVersion: 1, promoted: true };

it('says of each project where it stands, and adds them up', async () => {
  const [good, refused, failed, working, plain] = (await add(
    'good',
    'refused',
    'failed',
    'working',
    'plain',
  )) as [ProjectRecord, ProjectRecord, ProjectRecord, ProjectRecord, ProjectRecord];
  for (const project of [good, refused, failed]) await index(project);
  await index(working, false);
  await run(good, 'train', DONE);
  await adapter(good, 1, 1.2, true);
  // The index was renewed since: the training is what matters.
  await run(good, 'index', { type: 'run-complete', reason: null, adapterVersion: null, promoted: false });
  await run(refused, 'train', { ...DONE, promoted: false });
  await adapter(refused, 1, 1.6, false);
  await run(failed, 'train', FAILED, { type: 'run-resume' }, FAILED);
  await run(
    working,
    'train',
    { type: 'run-start', pid: 1, processStart: 't' },
    { type: 'stage-start', stage: 'training' },
    { type: 'plan', steps: 40, tokensPerSecond: 10 },
    {
      ...{ type: 'step-end', step: 10, steps: 40, loss: 2, learningRate: 1e-3, tokensPerSecond: 10 },
      ...{ etaMs: 60_000, peakMemoryBytes: 1 },
    } as RunEventInput,
  );
  await rename(plain.path, `${plain.path}-away`);

  const { projects, totals, damaged } = await fleetStatus(fleet.garden);
  const rows = Object.fromEntries(projects.map((row) => [row.project.name, row]));
  expect(rows.good).toMatchObject({
    index: { state: 'ready', files: 3, chunks: 9 },
    run: { kind: 'train', status: 'completed', finished: true },
    ...{ adapter: { version: 1, promoted: true }, verdict: 'promoted' },
  });
  expect(rows.good?.bitsPerByte?.adapter).toBeLessThan(rows.good?.bitsPerByte?.base ?? 0);
  expect(rows.refused).toMatchObject({ adapter: { version: 1, promoted: false }, verdict: 'refused' });
  expect(rows.failed?.run).toMatchObject({ status: 'failed', reason: 'The loss is no number.' });
  expect(rows.failed?.run?.failures.map(({ code }) => code)).toEqual(['train.diverged', 'train.diverged']);
  expect(rows.working).toMatchObject({
    index: { state: 'building' },
    run: { status: 'training', progress: 0.25, step: 10, steps: 40, etaMs: 60_000 },
  });
  expect(rows.plain).toMatchObject({
    project: { isAway: true },
    ...{ run: null, verdict: null, bitsPerByte: null, index: { state: 'none' } },
  });
  expect(totals).toEqual({
    ...{ projects: 5, indexed: 3, files: 12, chunks: 36, waiting: 0, working: 1, paused: 0 },
    ...{ failed: 1, promoted: 1, refused: 1, improvement: expect.any(Number) },
  });
  expect(damaged).toEqual([]);
  expect(projects.filter(needsTraining).map(({ project }) => project.name)).toEqual(['failed', 'plain']);
});

it('says of a promoted adapter what the status of its project says', async () => {
  const names = ['sound', 'damaged', 'gone'];
  const projects = (await add(...names)) as [ProjectRecord, ProjectRecord, ProjectRecord];
  for (const project of projects) await adapter(project, 1, 1.2, true);
  const { paths, registry } = fleet.garden;
  await writeFile(join(paths.adapter(projects[1].id, 1), 'adapter.gguf'), 'w');
  await rm(paths.adapter(projects[2].id, 1), { recursive: true });
  const both = async () => {
    const rows = (await fleetStatus(fleet.garden)).projects;
    const own = await Promise.all((await registry.list()).map((of) => projectStatus(fleet.garden, of)));
    expect(rows.map(({ adapter }) => adapter.promoted)).toEqual(own.map(({ adapter }) => adapter.promoted));
    return Object.fromEntries(rows.map(({ project, adapter }) => [project.name, adapter.promoted]));
  };
  expect(await both()).toEqual({ sound: true, damaged: false, gone: false });
  expect((await fleetStatus(fleet.garden)).totals.promoted).toBe(1);
  await writeJson(paths.settingsFile, { adapterStrength: 0 });
  expect(await both()).toEqual({ sound: false, damaged: false, gone: false });
});

it('shows a failed refresh, which the training before it does not hide', async () => {
  const [shop] = (await add('shop')) as [ProjectRecord];
  await run(shop, 'train', DONE);
  await run(shop, 'index', FAILED);
  expect((await fleetStatus(fleet.garden)).projects[0]?.run).toMatchObject({
    kind: 'index',
    status: 'failed',
  });
});

it('says nothing needs a training that has too little code, waits, or is paused', async () => {
  const [small, queued, paused] = (await add('small', 'queued', 'paused')) as [
    ProjectRecord,
    ProjectRecord,
    ProjectRecord,
  ];
  await run(small, 'train', { type: 'run-not-started', reason: 'Too little code.' });
  await run(queued, 'train');
  await run(paused, 'train', { type: 'run-pause' });
  const { projects, totals } = await fleetStatus(fleet.garden);
  expect(projects.filter(needsTraining)).toEqual([]);
  expect(totals).toMatchObject({ waiting: 1, paused: 1 });
});

it('tells of 300 projects, each with a long training behind it', async () => {
  const projects = await add(...Array.from({ length: 300 }, (_, n) => `p${n}`));
  const step = (n: number): string =>
    `${JSON.stringify({ type: 'step-end', step: n, steps: 600, loss: 2, learningRate: 1e-3, tokensPerSecond: 9, etaMs: 1, peakMemoryBytes: 1, time: 't' })}\n`;
  const steps = Array.from({ length: 600 }, (_, n) => step(n)).join('');
  for (const project of projects) {
    await index(project);
    const { id } = await createRun(fleet.garden.paths, project.id, 'train', {});
    const directory = fleet.garden.paths.run(project.id, id);
    await appendFile(join(directory, 'events.jsonl'), steps);
    await appendEvent(directory, DONE);
    await adapter(project, 1, 1.2, false);
  }
  const { totals } = await fleetStatus(fleet.garden);
  expect(totals).toMatchObject({ projects: 300, indexed: 300, refused: 300 });
});
