import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { writeJson } from '../../garden/files/json-state.js';
import { type Garden, openGarden } from '../../garden/garden.js';
import { killChildren } from '../../garden/processes/kill-children.fixture.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { createRun, type RunEvent, readRunEvents } from '../../garden/runs/runs.js';
import {
  type RecordedEmbeddingServer,
  startRecordedOpenAi,
} from '../../retrieval/embedding/embedding-server.fixture.js';
import { readAdapterManifest } from '../adapters/adapter-manifest.js';
import { testFile } from '../data/codebase.fixture.js';
import { PYTHON_ENGINES } from '../engines/engine-name.js';
import { pythonOf } from '../engines/python/trained-run.fixture.js';
import { executeRun } from './execute-run.js';

let folder: string;
let server: RecordedEmbeddingServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-pipeline-'));
  server = await startRecordedOpenAi();
  await mkdir(join(folder, 'code'));
  for (let i = 0; i < 16; i++)
    await writeFile(join(folder, 'code', `m${i}.py`), testFile(`m${i}.py`, { functions: 4 }).text);
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A run of a small codebase that an engine in Python is to train. */
async function queuedRun(engine: string, enginePython: string, budgetMs = 15_000) {
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  await writeJson(join(dataDir, 'settings.json'), {
    embeddingProvider: 'openai',
    embeddingModel: 'small',
    embeddingUrl: server.url,
    sequenceLength: 128,
    minTrainingTokens: 1_000,
    checkpointEveryMs: 100,
    rank: 2,
    alpha: 4,
    enginePython,
  });
  const garden: Garden = await openGarden({ dataDir, settings: { logLevel: 'silent' } });
  const project: ProjectRecord = await garden.registry.add({
    path: join(folder, 'code'),
    baseModel: inject('tinyBaseFile'),
  });
  const { id } = await createRun(garden.paths, project.id, 'train', { budgetMs, engine });
  return { garden, project, run: garden.paths.run(project.id, id) };
}

/** Does what is left of a run, as its worker would; returns what this attempt has told. */
async function goOn(run: string): Promise<RunEvent[]> {
  const { nextByte } = await readRunEvents(run);
  await executeRun(run, { signal: new AbortController().signal, stopReason: () => null });
  return (await readRunEvents(run, nextByte)).events;
}

const here = PYTHON_ENGINES.filter((name) => name === 'peft' || process.env.GARDENER_MLX_PYTHON);

test.each(here)('a run with the engine %s is measured and gated like any other', async (engine) => {
  // A plan takes four steps: time for them beside the tests of another file.
  const { garden, project, run } = await queuedRun(engine, pythonOf(engine), 30_000);
  const events = await goOn(run);
  expect(events.at(-1)).toMatchObject({
    type: 'run-complete',
    adapterVersion: 1,
    reason: expect.any(String),
  });
  const told = events.map(({ type }) => type);
  for (const type of ['plan', 'step-end', 'validation-end', 'checkpoint-save', 'evaluation-end'])
    expect(told).toContain(type);
  const { settings, scores } = await readAdapterManifest(garden.paths.adapter(project.id, 1));
  expect(settings).toMatchObject({ engine });
  expect(scores).not.toBeNull();
});

describe.runIf(process.platform === 'linux')('when the engine is killed', () => {
  test('the run is taken up by itself, and goes on from its checkpoint', async () => {
    // Long enough to be killed at work.
    const { run } = await queuedRun('peft', pythonOf('peft'), 30_000);
    const checkpoint = join(run, 'checkpoint', 'python-engine.safetensors');
    let killing: ReturnType<typeof killChildren> | undefined;
    const watch = setInterval(() => {
      if (existsSync(checkpoint)) killing ??= killChildren('gardener_engines', 1);
    }, 10);
    const first = await goOn(run).finally(() => {
      clearInterval(watch);
      killing?.stop();
    });
    expect(first.at(-1)).toMatchObject({
      type: 'run-interrupt',
      reason: expect.stringContaining('signal SIGKILL'),
    });
    const rest = await goOn(run);
    const messages = rest.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(messages).toContainEqual(expect.stringMatching(/^Training goes on from step [1-9]/));
    expect(rest.at(-1)).toMatchObject({ type: 'run-complete', adapterVersion: 1 });
  });
});

test('a Python that lacks the engine fails the run with the command that mends it', async () => {
  const { run } = await queuedRun('peft', '/usr/bin/false');
  expect((await goOn(run)).at(-1)).toMatchObject({
    type: 'run-fail',
    error: {
      code: 'training.engine-broken',
      remedy: expect.stringContaining('`gardener doctor --install peft`'),
    },
  });
});
