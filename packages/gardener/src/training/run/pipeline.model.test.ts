import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { writeJson } from '../../garden/files/json-state.js';
import { type Garden, openGarden } from '../../garden/garden.js';
import { killChildren } from '../../garden/processes/kill-children.fixture.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import {
  appendEvent,
  createRun,
  latestRun,
  type Run,
  type RunEvent,
  readRunEvents,
  readRunState,
  reopenRun,
} from '../../garden/runs/runs.js';
import {
  type RecordedEmbeddingServer,
  startRecordedOpenAi,
} from '../../retrieval/embedding/embedding-server.fixture.js';
import { adapterVersions } from '../adapters/adapter-store.js';
import { testFile } from '../data/codebase.fixture.js';
import type { Scorecard } from '../evaluation/scorecard.js';
import { canBeTakenUp } from '../run-directory/can-be-taken-up.js';
import { executeRun } from './execute-run.js';
import { openRunContext } from './run-context.js';
import { promote } from './stages/promote.js';

const FILES = 16;
/** What the stages leave in a run directory, in their order. */
const STAGE_PARTS = ['data', 'baseline.json', 'engine.json', 'checkpoint', 'output'] as const;
/** And what those leave that measure the adapter. */
const MEASURED_PARTS = ['strength.json', 'retrieval.json', 'adapter_scores.json'] as const;
const TIMEOUT_MS = 120_000;

let folder: string;
let server: RecordedEmbeddingServer;
let garden: Garden;
let project: ProjectRecord;
let run: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-pipeline-'));
  server = await startRecordedOpenAi();
  const code = join(folder, 'code');
  await mkdir(code);
  for (let i = 0; i < FILES; i++)
    await writeFile(join(code, `m${i}.py`), testFile(`m${i}.py`, { functions: 4 }).text);
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  await writeJson(join(dataDir, 'settings.json'), {
    embeddingProvider: 'openai',
    embeddingModel: 'small',
    embeddingUrl: server.url,
    sequenceLength: 128,
    minTrainingTokens: 1_000,
    threads: 1,
    checkpointEveryMs: 100,
    rank: 2,
    alpha: 4,
  });
  garden = await openGarden({ dataDir, settings: { logLevel: 'silent' } });
  project = await garden.registry.add({ path: code, baseModel: inject('tinyBaseFile') });
  const { id } = await createRun(garden.paths, project.id, 'train', { budgetMs: 6_000 });
  run = garden.paths.run(project.id, id);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Does what is left of the run, as its worker would; returns what this attempt has told. */
async function goOn(): Promise<RunEvent[]> {
  const { nextByte } = await readRunEvents(run);
  await executeRun(run, { signal: new AbortController().signal, stopReason: () => null });
  return (await readRunEvents(run, nextByte)).events;
}

/** Puts the run back to where it was when only these parts were there, as a worker leaves it that was killed then. */
async function killedWith(parts: readonly string[], { adapterSaved = false } = {}): Promise<void> {
  const adapters = garden.paths.adapters(project.id);
  await Promise.all([
    ...[...STAGE_PARTS, ...MEASURED_PARTS]
      .filter((part) => !parts.includes(part))
      .map((part) => rm(join(run, part), { recursive: true, force: true })),
    rm(adapterSaved ? join(adapters, '1', 'scorecard.json') : adapters, { recursive: true, force: true }),
    rm(join(run, 'events.jsonl'), { force: true }),
    rm(join(run, 'outcome.json'), { force: true }),
  ]);
  await writeFile(join(run, 'events.jsonl'), '');
  await appendEvent(run, { type: 'run-queue' });
}

/** Every file that the stages have left, with when it was written: what is done is not done again. */
async function written(parts: readonly string[]): Promise<Record<string, number>> {
  const files: Record<string, number> = {};
  for (const part of parts) {
    const below = await readdir(join(run, part), { recursive: true }).catch(() => ['']);
    for (const name of below) files[join(part, name)] = (await stat(join(run, part, name))).mtimeMs;
  }
  return files;
}

const typesOf = (events: readonly RunEvent[]) => events.map(({ type }) => type);
const progressOf = (events: readonly RunEvent[]) =>
  new Set(events.flatMap((event) => (event.type === 'progress' ? [event.stage] : [])));
const isMade = { type: 'run-complete', adapterVersion: 1, reason: expect.any(String) };

test(
  'a run leaves the outcome of every stage, one after the other, and an adapter with its scorecard',
  async () => {
    const events = await goOn();
    expect(events.at(-1)).toMatchObject(isMade);
    const stages = events.flatMap((event) => (event.type === 'stage-start' ? [event.stage] : []));
    expect(stages).toEqual(['preparing', 'training', 'evaluating']);
    // Where a budget this short leaves time for it, strengths and prompts are compared as well.
    expect([...progressOf(events)].filter((stage) => !stage.startsWith('choosing'))).toEqual([
      'indexing',
      'making examples',
      'making questions',
      'measuring the base model',
      'measuring the adapter',
    ]);
    const told = typesOf(events);
    for (const type of ['plan', 'step-end', 'validation-end', 'checkpoint-save', 'evaluation-end'])
      expect(told).toContain(type);
    expect(await readdir(run)).toEqual(expect.arrayContaining([...STAGE_PARTS, ...MEASURED_PARTS]));
    expect(await adapterVersions(garden.paths, project.id)).toEqual([1]);
  },
  TIMEOUT_MS,
);

test(
  'with a budget that leaves time for it, strength and related code are chosen on validation files',
  async () => {
    const file = join(run, 'run.json');
    const text = await readFile(file, 'utf8');
    const description = JSON.parse(text);
    await writeJson(file, { ...description, options: { ...description.options, budgetMs: 3_600_000 } });
    await killedWith(STAGE_PARTS, { adapterSaved: true });
    const events = await goOn().finally(() => writeFile(file, text));
    expect(events.at(-1)).toMatchObject(isMade);
    expect(progressOf(events)).toContain('choosing the strength');
    const said = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(said.join('\n')).toMatch(
      /Strength (1, as trained: none below it has a clearly lower|0\.\d+ has the lowest) loss on validation files/,
    );
    expect(progressOf(events)).toContain('choosing related code or none');
    expect(said.join('\n')).toMatch(
      /Related code is .*shown to the adapter for completions: its loss at \d+ places/,
    );
  },
  TIMEOUT_MS,
);

test.each([
  { after: 'making examples', parts: ['data'], training: true, baseScored: true },
  { after: 'scoring the base', parts: ['data', 'baseline.json'], training: true, baseScored: false },
  {
    after: 'a checkpoint',
    parts: ['data', 'baseline.json', 'engine.json', 'checkpoint'],
    // With steps or without: the checkpoint is the last one of a training that came to its end.
    training: 'goes on',
    baseScored: false,
  },
  { after: 'training', parts: STAGE_PARTS, training: false, baseScored: false },
  { after: 'saving', parts: STAGE_PARTS, adapterSaved: true, training: false, baseScored: false },
  {
    after: 'scoring the adapter',
    parts: [...STAGE_PARTS, ...MEASURED_PARTS],
    adapterSaved: true,
    training: false,
    baseScored: false,
    adapterScored: false,
  },
])(
  'killed after $after it goes on with the next stage, and does nothing again that is done',
  async ({ parts, adapterSaved = false, training, baseScored, adapterScored = true }) => {
    await killedWith(parts, { adapterSaved });
    // An engine writes to its own checkpoint as it goes on.
    const kept = parts.filter((part) => part !== 'checkpoint');
    const before = await written(kept);
    const events = await goOn();
    expect(events.at(-1)).toMatchObject(isMade);
    expect(await written(kept)).toEqual(before);
    expect(progressOf(events)).not.toContain('indexing');
    expect(progressOf(events).has('measuring the base model')).toBe(baseScored);
    expect(progressOf(events).has('measuring the adapter')).toBe(adapterScored);
    const said = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    if (training === 'goes on') expect(said.join('\n')).toMatch(/Training goes on from step \d+\./);
    else expect(typesOf(events).includes('step-end')).toBe(training);
    expect(await adapterVersions(garden.paths, project.id)).toEqual([1]);
  },
  TIMEOUT_MS,
);

describe.runIf(process.platform === 'linux')('when llama.cpp is killed', () => {
  test(
    'twice, the run goes on as if nothing had been',
    async () => {
      await killedWith(['data']);
      const killing = killChildren('llama-cpp-child', 2);
      const events = await goOn().finally(killing.stop);
      expect(killing.killed()).toBe(2);
      expect(events.at(-1)).toMatchObject(isMade);
    },
    TIMEOUT_MS,
  );

  test(
    'again and again, a trained adapter is kept, not promoted, with the reason, and nothing is trained again',
    async () => {
      await killedWith(STAGE_PARTS);
      const killing = killChildren('llama-cpp-child');
      try {
        expect((await goOn()).at(-1)).toMatchObject({ type: 'run-interrupt' });
        const events = await goOn();
        expect(typesOf(events)).not.toContain('step-end');
        expect(events.at(-1)).toMatchObject({
          type: 'run-complete',
          adapterVersion: 1,
          promoted: false,
          reason: expect.stringContaining('gardener evaluate'),
        });
      } finally {
        killing.stop();
      }
    },
    TIMEOUT_MS,
  );

  test(
    'again and again while the base is measured, the run fails and can be taken up',
    async () => {
      await killedWith(['data']);
      const killing = killChildren('llama-cpp-child');
      expect((await goOn()).at(-1)).toMatchObject({ type: 'run-interrupt' });
      const failed = (await goOn().finally(killing.stop)).at(-1);
      expect(failed).toMatchObject({ type: 'run-fail', error: { code: 'models.runtime-died' } });
      expect(failed).toMatchObject({ error: { remedy: expect.stringContaining('gardener resume') } });
      expect(await canBeTakenUp((await latestRun(garden.paths, project.id)) as Run)).toBe(true);
      expect(await reopenRun(garden.paths, (await latestRun(garden.paths, project.id)) as Run)).toBe(true);
      expect((await goOn()).at(-1)).toMatchObject(isMade);
    },
    TIMEOUT_MS,
  );
});

test(
  'a run of the version before goes on: its files have the names and forms of today',
  async () => {
    await killedWith(['data', 'baseline.json', 'engine.json', 'checkpoint']);
    const change = async (file: string, edit: (json: Record<string, unknown>) => void) => {
      const json = JSON.parse(await readFile(join(run, file), 'utf8'));
      edit(json);
      await writeFile(join(run, file), JSON.stringify(json));
    };
    await change('data/manifest.json', (manifest) => {
      delete manifest.fileHashes;
      delete manifest.continuedFrom;
    });
    await change('engine.json', (settings) => {
      delete settings.initialAdapter;
    });
    await appendFile(
      join(run, 'events.jsonl'),
      '{"type":"heldout-end","step":1,"loss":2.5,"best":true,"time":"2026-11-27T20:40:33.377Z"}\n',
    );
    expect((await goOn()).at(-1)).toMatchObject(isMade);
    expect(await readRunState(run)).toMatchObject({ status: 'completed', error: null });
  },
  TIMEOUT_MS,
);

test(
  'what a person has chosen to answer meanwhile goes on',
  async () => {
    const { registry } = garden;
    const started = await registry.get(project.id);
    expect(started.promotedAdapter).not.toBe(7);
    // As gardener promote does, while the adapter is measured.
    const context = await openRunContext(run, new AbortController().signal);
    await registry.update(project.id, { promotedAdapter: 7 });
    const verdict = { promoted: true, reason: 'It is better.', adapterVersion: 1 } as Scorecard;
    expect(await promote(context, verdict)).toMatchObject({
      promoted: false,
      reason: expect.stringMatching(/chosen by hand .* gardener promote \S+ 1 takes the new adapter/),
    });
    expect((await registry.get(project.id)).promotedAdapter).toBe(7);
    await registry.update(project.id, { promotedAdapter: started.promotedAdapter });
    expect(await promote(context, verdict)).toMatchObject({ promoted: true, reason: 'It is better.' });
  },
  TIMEOUT_MS,
);

test(
  'an index run brings the index up to date and leaves no examples',
  async () => {
    const { id } = await createRun(garden.paths, project.id, 'index');
    run = garden.paths.run(project.id, id);
    const events = await goOn();
    expect(events.at(-1)).toMatchObject({
      type: 'run-complete',
      reason: `${FILES} files are indexed.`,
      adapterVersion: null,
    });
    expect((await readdir(run)).sort()).toEqual(['events.jsonl', 'outcome.json', 'run.json']);
  },
  TIMEOUT_MS,
);
