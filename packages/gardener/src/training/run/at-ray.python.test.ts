import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { writeJson } from '../../garden/files/json-state.js';
import { type Garden, openGarden } from '../../garden/garden.js';
import { createRun, type RunEvent, readRunEvents } from '../../garden/runs/runs.js';
import {
  type RecordedEmbeddingServer,
  startRecordedOpenAi,
} from '../../retrieval/embedding/embedding-server.fixture.js';
import { readAdapterManifest } from '../adapters/adapter-manifest.js';
import { testFile } from '../data/codebase.fixture.js';
import {
  goldenBase,
  lossesOf,
  pythonOf,
  type ReadyRun,
  readyRun,
  trainHere,
} from '../engines/python/trained-run.fixture.js';
import type { PlaceEvent } from '../places/place.js';
import { RayApi } from '../places/ray/api/ray-api.js';
import { type RayCluster, startRayCluster } from '../places/ray/ray-cluster.fixture.js';
import { rayPlace } from '../places/ray/ray-place.js';
import { executeRun } from './execute-run.js';

const ray = process.env.GARDENER_RAY;
if (!ray) process.stdout.write('at-ray: skipped, GARDENER_RAY names no `ray` of PyPI\n');

// One cluster for all: a head, and a worker that is killed on the way.
describe.runIf(ray)('a Ray of PyPI', () => {
  let cluster: RayCluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await startRayCluster(ray ?? '');
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gardener-at-ray-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  const raySettings = () => ({
    ...{ rayAddress: cluster.rayAddress, rayToken: cluster.rayToken, rayInsecure: false, rayParallel: 2 },
    ...{ rayCpus: 1, rayDataDirectory: '', rayPackage: '', enginePython: pythonOf('peft') },
  });

  async function trained(
    { directory, ...opened }: ReadyRun,
    onEvent: (event: PlaceEvent) => Promise<void>,
  ): Promise<PlaceEvent[]> {
    const { paths } = await openGarden({ dataDir: folder, settings: { logLevel: 'silent' } });
    const place = rayPlace({ paths, settings: raySettings() }, { quietMs: 12_000 });
    const told: PlaceEvent[] = [];
    const { signal } = new AbortController();
    for await (const event of place.train('onnx', directory, { ...opened, courtesy: {} }, signal)) {
      told.push(event);
      await onEvent(event);
    }
    return told;
  }

  test('asks for its token', async () => {
    const { rayAddress } = cluster;
    const asked = (rayToken: string) => new RayApi({ rayAddress, rayToken, rayInsecure: false }).version();
    await expect(asked('')).rejects.toMatchObject({ code: 'training.ray-unauthorized' });
    await expect(asked('wrong')).rejects.toMatchObject({ code: 'training.ray-unauthorized' });
    expect(await asked(cluster.rayToken)).toMatch(/^2\./);
  });

  describe('a whole run', () => {
    let server: RecordedEmbeddingServer;
    beforeEach(async () => {
      server = await startRecordedOpenAi();
    });
    afterEach(() => server.close());

    test.each(['onnx', 'peft'])('with the engine %s is measured and gated like any other', async (engine) => {
      await mkdir(join(folder, 'code'));
      for (let i = 0; i < 16; i++)
        await writeFile(join(folder, 'code', `m${i}.py`), testFile(`m${i}.py`, { functions: 4 }).text);
      const dataDir = join(folder, 'data');
      await mkdir(dataDir);
      await writeJson(join(dataDir, 'settings.json'), {
        ...{ embeddingProvider: 'openai', embeddingModel: 'small', embeddingUrl: server.url },
        ...{ sequenceLength: 128, minTrainingTokens: 1_000, checkpointEveryMs: 100, rank: 2, alpha: 4 },
        ...raySettings(),
      });
      const garden: Garden = await openGarden({ dataDir, settings: { logLevel: 'silent' } });
      const baseModel = inject('tinyBaseFile');
      const project = await garden.registry.add({ path: join(folder, 'code'), baseModel });
      const options = { budgetMs: 15_000, engine, place: 'ray' };
      const { id } = await createRun(garden.paths, project.id, 'train', options);
      const run = garden.paths.run(project.id, id);
      await executeRun(run, { signal: new AbortController().signal, stopReason: () => null });
      const { events } = await readRunEvents(run);
      expect(events.at(-1)).toMatchObject({ type: 'run-complete', adapterVersion: 1 });
      const told = events.map(({ type }: RunEvent) => type);
      for (const type of ['plan', 'step-end', 'validation-end', 'checkpoint-save', 'evaluation-end'])
        expect(told).toContain(type);
      const { settings, scores } = await readAdapterManifest(garden.paths.adapter(project.id, 1));
      expect(settings).toMatchObject({ engine });
      expect(scores).not.toBeNull();
      const { submissionId } = JSON.parse(await readFile(join(run, 'job', 'attempt.json'), 'utf8'));
      const job = await new RayApi(raySettings()).job(submissionId);
      expect(job).toMatchObject({ status: expect.stringMatching(/^(RUNNING|SUCCEEDED)$/) });
    });
  });

  test('a worker that is killed, then a head that is started anew: both times it goes on from its checkpoint', async () => {
    const long = { checkpointEveryMs: 1, maxEpochs: LONG_EPOCHS, budgetMs: 600_000 };
    await using run = await readyRun(folder, goldenBase('llama-tiny'), long);
    let kills = 0;
    const events = await trained(run, async (event) => {
      if (event.type !== 'step-end') return;
      if (kills === 0 && event.step >= 10) {
        kills = 1;
        await cluster.killWorker();
        await cluster.startWorker();
      } else if (kills === 1 && event.step >= 40) {
        kills = 2;
        await cluster.killWorker();
        await cluster.restartHead();
        await cluster.startWorker();
      }
    });
    const losses = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(losses).toEqual([
      expect.stringMatching(/^The training was lost at Ray because .* \(1 of 3\)/),
      expect.stringMatching(/^The training was lost at Ray because Ray knows nothing .* \(2 of 3\)/),
    ]);
    expect(events.filter(({ type }) => type === 'resume')).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
    expect(await run.directory.hasOutput()).toBe(true);
  });

  test('what is trained there is what is trained here', async () => {
    await using run = await readyRun(join(folder, 'run'), goldenBase('llama-tiny'), {}, { validation: 0 });
    const events = await trained(run, async () => undefined);
    const there = lossesOf(events.filter((event) => event.type !== 'log'));
    const { losses } = await trainHere(run);
    expect(there).toHaveLength(10);
    // There in 8 bits where the processor has them, here in float32.
    for (const [step, loss] of there.entries()) expect(loss / (losses[step] ?? 0)).toBeCloseTo(1, 1);
  });
});

/** Enough to be at work while a worker and a head are killed. */
const LONG_EPOCHS = 60;
