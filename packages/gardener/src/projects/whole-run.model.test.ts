import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readGgufAdapter, readPeftAdapter } from '@codebase-gardener/lora';
import { afterEach, describe, expect, test } from 'vitest';
import { ensureRunner } from '../garden/runner/runner-process.js';
import { waitForRun } from '../garden/runner/wait-for-run.js';
import { createRun, type RunEvent, type RunState, requestControl } from '../garden/runs/runs.js';
import { readAdapterManifest } from '../training/adapters/adapter-manifest.js';
import { housePython } from '../training/data/house-python.fixture.js';
import { scorecardSchema } from '../training/evaluation/scorecard.js';
import type { Use } from '../training/evaluation/uses/who-serves.js';
import { evaluateProject } from './evaluation/evaluate-project.js';
import { testGarden } from './garden-with-models.fixture.js';
import { projectStatus } from './project-status.js';

const ENTRY = new URL('../training/run/worker-child.js', import.meta.url);
const TIMEOUT_MS = 600_000;
/** Few modules and short budgets: what a test waits for are events, and these come sooner. */
const FILES = 20;
const ADDED_FILES = 8;
const BUDGET_MS = 15_000;

type Setup = Awaited<ReturnType<typeof testGarden>>;
let setup: Setup | null = null;
afterEach(async () => {
  await setup?.remove();
  setup = null;
});

/** Queues a run, lets the real runner do it, and follows it to its end. */
async function runToEnd(
  { garden, project }: Setup,
  options: Record<string, unknown>,
  onEvent: (event: RunEvent, state: RunState, directory: string) => void = () => undefined,
): Promise<{ state: RunState; events: RunEvent[]; directory: string }> {
  const run = await createRun(garden.paths, project.id, 'train', options);
  const directory = garden.paths.run(project.id, run.id);
  const events: RunEvent[] = [];
  const state = await waitForRun(directory, {
    ensure: () => ensureRunner(garden.paths, ENTRY),
    onEvent: (event, state) => {
      events.push(event);
      onEvent(event, state, directory);
    },
  });
  return { state, events, directory };
}

/** Stopped at its first place an evaluation of four goes on with the others, and its file goes when all is measured. */
async function evaluatedFourWays({ garden, project: { id } }: Setup): Promise<void> {
  const project = await garden.registry.get(id);
  const stop = new AbortController();
  const cut = evaluateProject(garden, project, {
    ...{ version: 2, places: 4, signal: stop.signal },
    onProgress: (label) => {
      if (label === 'completing in four ways') stop.abort();
    },
  });
  await expect(cut).rejects.toThrow();
  const journal = join(garden.paths.adapter(id, 2), 'evaluation.jsonl');
  expect((await readFile(journal, 'utf8')).match(/"place"/g)).toHaveLength(1);
  let known = 0;
  const { scorecard } = await evaluateProject(garden, project, {
    ...{ version: 2, places: 4 },
    onPlaces: (told) => {
      known = told.known;
    },
  });
  expect(known).toBe(1);
  expect(scorecard.twoByTwo).toMatchObject({ places: 4, arms: { adapterRetrieved: { exact: { n: 4 } } } });
  await expect(readFile(journal)).rejects.toThrow();
  const kept = await readFile(join(garden.paths.adapter(id, 2), 'scorecard.json'), 'utf8');
  expect(scorecardSchema.parse(JSON.parse(kept)).twoByTwo).toEqual(scorecard.twoByTwo);
}

describe('a training run', () => {
  test(
    'goes from the codebase to the gate; killed on its way, it goes on from its checkpoint with the same data',
    async () => {
      // A checkpoint after every step: it is killed after its first, however slow the machine.
      setup = await testGarden(FILES, { sequenceLength: 128, checkpointEveryMs: 100 }, 'tiny');
      const { garden, project } = setup;
      let killed = false;
      let manifestBefore = '';
      const { state, events, directory } = await runToEnd(
        setup,
        { budgetMs: BUDGET_MS },
        (event, { workerPid }, at) => {
          // One before the first step is saved where training has to wait for others.
          if (event.type !== 'checkpoint-save' || event.step === 0 || killed || workerPid === null) return;
          killed = true;
          process.kill(workerPid, 'SIGKILL');
          void readFile(join(at, 'data', 'manifest.json'), 'utf8').then((text) => {
            manifestBefore = text;
          });
        },
      );

      expect(state).toMatchObject({ status: 'completed', error: null, finished: true, adapterVersion: 1 });
      expect(killed).toBe(true);
      const types = events.map((event) => event.type);
      expect(types).toContain('run-interrupt');
      expect(state.attempts).toBe(2);
      expect(events.some((event) => event.type === 'log' && /goes on from step \d/.test(event.message))).toBe(
        true,
      );
      const stages = events.flatMap((event) => (event.type === 'stage-start' ? [event.stage] : []));
      expect(stages).toEqual(['preparing', 'training', 'preparing', 'training', 'evaluating']);
      expect(await readFile(join(directory, 'data', 'manifest.json'), 'utf8')).toBe(manifestBefore);

      const adapter = garden.paths.adapter(project.id, 1);
      const { loadBaseModel } = await import('@codebase-gardener/lora');
      await using base = await loadBaseModel(project.baseModel);
      const peft = await readPeftAdapter(adapter, base.config);
      const gguf = await readGgufAdapter(join(adapter, 'adapter.gguf'), base.config);
      expect(gguf.blocks).toEqual(peft.blocks);
      const manifest = await readAdapterManifest(adapter);
      expect(manifest.dataHash).toBe(JSON.parse(manifestBefore).hash);
      expect(manifest.base.weightsHash).toBe(base.hashes.weights);

      const card = scorecardSchema.parse(JSON.parse(await readFile(join(adapter, 'scorecard.json'), 'utf8')));
      expect(card.base.noRetrieval.heldOutLoss?.n).toBeGreaterThan(100);
      expect(card.adapter.noRetrieval.heldOutLoss?.value).toBeLessThan(
        card.base.noRetrieval.heldOutLoss?.value ?? 0,
      );
      expect(card.parity?.n).toBeGreaterThan(100);
      expect(card.parity?.adapterAgreement).toBeGreaterThan((card.parity?.baseAgreement ?? 1) - 0.03);

      const status = await projectStatus(garden, await garden.registry.get(project.id));
      expect(status.training).toMatchObject({ status: 'completed', reason: card.reason, error: null });
      expect(status.adapter).toMatchObject({ version: 1, promoted: card.promoted, reason: card.reason });
      const by = (use: Use) => (card.promoted ? (card.uses?.[use]?.serves ?? 'adapter') : 'base');
      const { retrievalChoice } = card;
      expect(retrievalChoice?.reason).toMatch(/elated code/);
      const completes = card.promoted ? by('completion') : 'base';
      expect(status.completions).toEqual({
        ...{ by: completes, retrieval: retrievalChoice?.[completes], reason: retrievalChoice?.reason },
      });
      expect(status.adapter.serves).toEqual({ completion: by('completion'), answers: by('answers') });
      expect(status.index).toMatchObject({ state: 'ready', changedSince: 0 });
      expect(status.scorecard).toEqual(card);

      // Nothing has changed: a refresh leaves the adapter as it is.
      await garden.registry.update(project.id, { promotedAdapter: 1 });
      const idle = await runToEnd(setup, { budgetMs: BUDGET_MS, refresh: true });
      expect(idle.state).toMatchObject({ status: 'completed', adapterVersion: null });
      expect(idle.state.reason).toMatch(/0 of \d+ lines .* the adapter stays/);

      // New modules: training continues from the adapter, which is measured beside the new one.
      for (let i = FILES; i < FILES + ADDED_FILES; i++) {
        await writeFile(join(project.path, 'warehouse', `module_${i}.py`), housePython(i));
      }
      const refreshed = await runToEnd(setup, { budgetMs: BUDGET_MS, refresh: true });
      expect(refreshed.state).toMatchObject({ status: 'completed', error: null, adapterVersion: 2 });
      const settings = JSON.parse(await readFile(join(refreshed.directory, 'engine.json'), 'utf8'));
      expect(settings.initialAdapter).toBe('../../adapters/1');
      const next = scorecardSchema.parse(
        JSON.parse(await readFile(join(garden.paths.adapter(project.id, 2), 'scorecard.json'), 'utf8')),
      );
      expect(next.predecessor).toMatchObject({ version: 1, heldOutLoss: expect.any(Number) });
      expect(next.predecessor!.heldOutLoss).toBeLessThan(next.base.noRetrieval.heldOutLoss!.value);
      // What it was compared with is of the run: measuring it again does not forget it.
      const again = await evaluateProject(garden, await garden.registry.get(project.id), { version: 2 });
      expect(again.scorecard.predecessor).toEqual(next.predecessor);
      await evaluatedFourWays(setup);
      const data = JSON.parse(await readFile(join(refreshed.directory, 'data', 'manifest.json'), 'utf8'));
      const seen = new Set(JSON.parse(manifestBefore).train.files);
      expect(data.heldOut.files.filter((path: string) => seen.has(path))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'a codebase too small to train on gets an index, no adapter, and a sentence with the size',
    async () => {
      setup = await testGarden(4, { minTrainingTokens: 20_000 }, 'tiny');
      const { state } = await runToEnd(setup, { budgetMs: 30_000 });
      expect(state).toMatchObject({ status: 'not_started', error: null, adapterVersion: null });
      expect(state.reason).toMatch(/20,000/);
      const status = await projectStatus(setup.garden, await setup.garden.registry.get(setup.project.id));
      expect(status).toMatchObject({
        index: { state: 'ready', files: { indexed: 4 } },
        training: { status: 'not_started', reason: state.reason },
        adapter: { version: null, promoted: false },
        scorecard: null,
      });
    },
    TIMEOUT_MS,
  );

  test('a missing base model and unreadable options fail with what to do', async () => {
    setup = await testGarden(4);
    const { garden, project } = setup;
    await rm(garden.paths.baseModel(project.baseModel), { recursive: true });
    const missing = await runToEnd(setup, {});
    expect(missing.state).toMatchObject({ status: 'failed', error: { code: 'training.model-missing' } });
    expect(missing.state.error?.remedy).toContain('gardener models pull');
    const bad = await runToEnd(setup, { budgetMs: 'soon' });
    expect(bad.state).toMatchObject({ status: 'failed', error: { code: 'training.bad-options' } });
  }, 120_000);

  test(
    'a cancel ends it within seconds and leaves no adapter',
    async () => {
      setup = await testGarden(FILES, { sequenceLength: 128 }, 'tiny');
      let cancelledAt = 0;
      const { state } = await runToEnd(setup, { budgetMs: 600_000 }, (event, _, directory) => {
        if (event.type !== 'stage-start' || event.stage !== 'training') return;
        cancelledAt = performance.now();
        void requestControl(directory, 'cancel');
      });
      expect(state.status).toBe('cancelled');
      expect(performance.now() - cancelledAt).toBeLessThan(20_000);
      const status = await projectStatus(setup.garden, setup.project);
      expect(status).toMatchObject({ training: { status: 'cancelled' }, adapter: { version: null } });
    },
    TIMEOUT_MS,
  );
});
