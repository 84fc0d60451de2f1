import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeJson } from '../garden/files/json-state.js';
import { type Garden, openGarden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { appendEvent, createRun } from '../garden/runs/runs.js';
import { saveScorecard, setAdapterStrength } from '../training/adapters/adapter-store.js';
import { saveEmptyAdapter } from '../training/adapters/saved-adapter.fixture.js';
import { makeScorecard } from '../training/evaluation/scorecard.js';
import type { SideScores } from '../training/evaluation/side-scores.js';
import { projectStatus } from './project-status.js';
import { promoteAdapter } from './promote-adapter.js';

let root: string;
let garden: Garden;
let project: ProjectRecord;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gardener-status-'));
  await mkdir(join(root, 'code'));
  garden = await openGarden({ dataDir: join(root, 'data') });
  project = await garden.registry.add({ path: join(root, 'code'), baseModel: 'smollm2-135m-instruct' });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const status = async () => projectStatus(garden, await garden.registry.get(project.id));

test('says that the folder is not there, and that it is back', async () => {
  await rename(join(root, 'code'), join(root, 'moved'));
  expect((await status()).project.isAway).toBe(true);
  await writeFile(join(root, 'code'), 'a file is no folder');
  expect((await status()).project.isAway).toBe(true);
  await rm(join(root, 'code'));
  await rename(join(root, 'moved'), join(root, 'code'));
  expect((await status()).project.isAway).toBe(false);
});

async function addAdapter(version: number, adapterLoss: number) {
  const side = (loss: number): SideScores => ({
    files: [1, 2, 3].map((i) => ({
      path: `${i}`,
      examples: 1,
      nll: loss * 100 * i,
      tokens: 100 * i,
      bytes: 300 * i,
      matchedLines: 1,
      lines: 4,
      matchedGaps: 1,
      gaps: 4,
    })),
    generalLoss: null,
    stopped: null,
    parity: null,
    editSimilarity: null,
    gapSimilarity: null,
    memorised: null,
    strings: null,
    uses: null,
    durationMs: { scoring: 0, serving: 0 },
  });
  const context = { margin: 0.01, adapterVersion: version, seed: 1, dataHash: '0'.repeat(64) };
  const card = makeScorecard({ base: side(1.5), adapter: side(adapterLoss) }, null, context);
  const directory = await saveEmptyAdapter(garden.paths, project, version, { ...card });
  await writeJson(join(directory, 'scorecard.json'), card);
  return card;
}

test('a project that was only added', async () => {
  expect(await status()).toEqual({
    project: {
      ...{ id: project.id, name: 'code', path: project.path, baseModel: 'smollm2-135m-instruct' },
      isAway: false,
    },
    index: {
      state: 'none',
      files: { seen: 0, indexed: 0, skipped: {}, failed: {} },
      chunks: 0,
      vectors: 0,
      commit: null,
      changedSince: null,
    },
    training: {
      status: 'not_started',
      reason: null,
      step: null,
      steps: null,
      loss: null,
      etaMs: null,
      tokensPerSecond: null,
      peakMemoryBytes: null,
      error: null,
    },
    adapter: {
      version: null,
      promoted: false,
      reason: null,
      serves: { completion: 'base', answers: 'base' },
    },
    completions: { by: 'base', retrieval: true, reason: null },
    scorecard: null,
  });
});

test('a run in progress shows its figures, a failed one its error with the remedy', async () => {
  const run = await createRun(garden.paths, project.id, 'train', {});
  const directory = garden.paths.run(project.id, run.id);
  expect((await status()).training.status).toBe('queued');
  await appendEvent(directory, { type: 'run-start', pid: 1, processStart: 'x' });
  await appendEvent(directory, { type: 'stage-start', stage: 'training' });
  await appendEvent(directory, { type: 'plan', steps: 40, tokensPerSecond: 300 });
  const figures = { learningRate: 1e-3, tokensPerSecond: 310, etaMs: 9000, peakMemoryBytes: 1e9 };
  await appendEvent(directory, { type: 'step-end', step: 7, steps: 40, loss: 1.25, ...figures });
  expect((await status()).training).toMatchObject({
    status: 'training',
    step: 7,
    steps: 40,
    loss: 1.25,
    etaMs: 9000,
  });
  const error = { code: 'train.diverged', message: 'It broke.', remedy: 'Mend it.' };
  await appendEvent(directory, { type: 'run-fail', error });
  expect((await status()).training).toMatchObject({ status: 'failed', reason: 'It broke.', error });
});

test('a refresh that is done does not hide what training said', async () => {
  const train = await createRun(garden.paths, project.id, 'train', {});
  await appendEvent(garden.paths.run(project.id, train.id), {
    type: 'run-not-started',
    reason: 'Too small.',
  });
  const index = await createRun(garden.paths, project.id, 'index', {});
  expect((await status()).training.status).toBe('queued');
  const done = { reason: 'Indexed.', adapterVersion: null, promoted: false };
  await appendEvent(garden.paths.run(project.id, index.id), { type: 'run-complete', ...done });
  expect((await status()).training).toMatchObject({ status: 'not_started', reason: 'Too small.' });
});

test('which adapter answers and why: promoted, refused, rolled back, gone', async () => {
  const first = await addAdapter(1, 1.3);
  await garden.registry.update(project.id, { promotedAdapter: 1 });
  expect(await status()).toMatchObject({
    adapter: {
      ...{ version: 1, promoted: true, reason: first.reason },
      serves: { completion: 'adapter', answers: 'adapter' },
    },
    scorecard: first,
  });

  const second = await addAdapter(2, 1.6);
  expect(second.promoted).toBe(false);
  expect(await status()).toMatchObject({ adapter: { version: 1, promoted: true }, scorecard: second });

  await garden.registry.update(project.id, { promotedAdapter: null });
  expect((await status()).adapter).toEqual({
    ...{ version: 2, promoted: false, reason: second.reason },
    serves: { completion: 'base', answers: 'base' },
  });

  await garden.registry.update(project.id, { promotedAdapter: 2 });
  expect((await status()).adapter.reason).toMatch(/^Promoted by hand/);

  await garden.registry.update(project.id, { promotedAdapter: 9 });
  expect((await status()).adapter).toMatchObject({
    version: 9,
    promoted: false,
    reason: expect.stringMatching(/gone/),
  });
});

test('the scorecard is that of the newest adapter that was measured', async () => {
  const card = await addAdapter(1, 1.3);
  await saveEmptyAdapter(garden.paths, project, 2);
  expect(await status()).toMatchObject({
    adapter: { version: 2, promoted: false, reason: expect.stringContaining('Adapter 2 is not measured') },
    scorecard: card,
  });
  await garden.registry.update(project.id, { promotedAdapter: 2 });
  expect(await status()).toMatchObject({
    adapter: { version: 2, promoted: true, reason: null },
    scorecard: { adapterVersion: 1 },
  });
});

test('how code is completed is what validation files have told of who completes it', async () => {
  const card = await addAdapter(1, 1.3);
  const retrievalChoice = { adapter: false, base: true, reason: 'It does harm.', places: 9, losses: null };
  await saveScorecard(garden.paths.adapter(project.id, 1), { ...card, retrievalChoice });
  const told = { reason: 'It does harm.' };
  // Before it is promoted the newest adapter tells of the base that completes.
  expect((await status()).completions).toEqual({ ...told, by: 'base', retrieval: true });
  await garden.registry.update(project.id, { promotedAdapter: 1 });
  expect((await status()).completions).toEqual({ ...told, by: 'adapter', retrieval: false });
});

test('with the setting adapterStrength 0 the base serves, and with another the adapter does', async () => {
  await addAdapter(1, 1.3);
  await garden.registry.update(project.id, { promotedAdapter: 1 });
  const change = (adapterStrength: number) => writeJson(garden.paths.settingsFile, { adapterStrength });
  await change(0);
  expect((await status()).adapter).toMatchObject({
    ...{ version: 1, promoted: false },
    reason: expect.stringMatching(/adapterStrength is 0/),
    serves: { completion: 'base', answers: 'base' },
  });
  await change(0.5);
  expect((await status()).adapter.serves).toEqual({ completion: 'adapter', answers: 'adapter' });
});

test('a damaged scorecard or index manifest does not stop the status', async () => {
  await addAdapter(1, 1.3);
  await writeFile(join(garden.paths.adapter(project.id, 1), 'scorecard.json'), '{"half');
  await mkdir(garden.paths.index(project.id), { recursive: true });
  await writeFile(join(garden.paths.index(project.id), 'manifest.json'), '[]');
  expect(await status()).toMatchObject({
    index: { state: 'damaged' },
    // The manifest has its figures as well.
    scorecard: { adapterVersion: 1 },
    adapter: { version: 1 },
  });
});

test('a damaged adapter cannot be promoted, and one that was promoted is said not to answer', async () => {
  await addAdapter(1, 1.2);
  await addAdapter(2, 1.2);
  await promoteAdapter(garden, project, 2);
  expect((await status()).adapter).toMatchObject({ version: 2, promoted: true });
  for (const version of [1, 2])
    await writeFile(join(garden.paths.adapter(project.id, version), 'adapter.gguf'), 'w');
  expect((await status()).adapter).toMatchObject({
    version: 2,
    promoted: false,
    reason: expect.stringMatching(/damaged.* so the base model answers/),
  });
  await expect(promoteAdapter(garden, project, 1)).rejects.toMatchObject({
    code: 'training.adapter-unusable',
    message: expect.stringContaining('damaged'),
  });
  expect((await garden.registry.get(project.id)).promotedAdapter).toBe(2);
});

test('a damaged adapter stays damaged when it is measured again', async () => {
  const card = await addAdapter(1, 1.2);
  await promoteAdapter(garden, project, 1);
  const directory = garden.paths.adapter(project.id, 1);
  await writeFile(join(directory, 'adapter.gguf'), 'w');
  await saveScorecard(directory, card);
  await setAdapterStrength(directory, 0.75);
  expect((await status()).adapter).toMatchObject({
    promoted: false,
    reason: expect.stringMatching(/damaged/),
    serves: { completion: 'base', answers: 'base' },
  });
});

test('a lost scorecard is read from the manifest; where both are lost it is told', async () => {
  const card = await addAdapter(1, 1.2);
  const directory = garden.paths.adapter(project.id, 1);
  await writeFile(join(directory, 'scorecard.json'), '{"promo');
  expect((await status()).scorecard).toEqual(card);
  await rm(join(directory, 'scorecard.json'), { force: true });
  const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
  await writeFile(join(directory, 'manifest.json'), JSON.stringify({ ...manifest, scores: null }));
  expect(await status()).toMatchObject({
    scorecard: null,
    adapter: { version: 1, reason: expect.stringContaining('gardener evaluate code') },
  });
});
