import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GardenPaths } from '../../../garden/files/paths.js';
import { requestControl } from '../../../garden/runs/runs.js';
import { goldenBase, lossesOf, type ReadyRun, readyRun } from '../../engines/python/trained-run.fixture.js';
import type { PlaceEvent } from '../place.js';
import { type RecordedRay, startRecordedRay } from './api/recorded-ray.fixture.js';
import { toldFile } from './job/attempt.js';
import { untilQuiet } from './job/told.js';
import { type RayGarden, rayPlace } from './ray-place.js';
import type { RayTimes } from './ray-times.js';

/** As patient as a test. */
const TIMES: Partial<RayTimes> = {
  pollMs: 20,
  statusMs: 50,
  patientMs: 0,
  quietMs: 12_000,
  lastWordsMs: 1_000,
};

let folder: string;
let server: RecordedRay;
let run: ReadyRun;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-ray-'));
  server = await startRecordedRay();
  run = await readyRun(folder, goldenBase('llama-tiny'), {
    checkpointEveryMs: 1,
    maxEpochs: 8,
    budgetMs: 3e6,
  });
});
afterEach(async () => {
  await server.close();
  await run[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function garden(given: Partial<RayGarden['settings']> = {}): RayGarden {
  const settings = {
    ...{ rayAddress: server.address, rayToken: '', rayInsecure: false, rayParallel: 2, rayCpus: 1 },
    ...{ rayDataDirectory: '', rayPackage: '', enginePython: '' },
    ...given,
  };
  return { paths: new GardenPaths(folder), settings };
}

/** All that a training at the stand-in tells. */
async function trained(
  onEvent: (event: PlaceEvent) => unknown = () => undefined,
  {
    settings = {},
    times = {},
    signal = new AbortController().signal,
    of = run,
  }: {
    settings?: Partial<RayGarden['settings']>;
    times?: Partial<RayTimes>;
    signal?: AbortSignal;
    of?: ReadyRun;
  } = {},
): Promise<PlaceEvent[]> {
  const { directory, ...opened } = of;
  const told: PlaceEvent[] = [];
  const place = rayPlace(garden(settings), { ...TIMES, ...times });
  for await (const event of place.train('onnx', directory, { ...opened, courtesy: {} }, signal)) {
    told.push(event);
    await onEvent(event);
  }
  return told;
}

const logs = (events: readonly PlaceEvent[]) =>
  events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
const attempt = async () => JSON.parse(await readFile(join(run.directory.job, 'attempt.json'), 'utf8'));
/** Does something at the first event of a step from `step` on. */
function atStep(step: number, act: () => unknown): (event: PlaceEvent) => Promise<void> {
  let isDone = false;
  return async (event) => {
    if (isDone || event.type !== 'step-end' || event.step < step) return;
    isDone = true;
    await act();
  };
}

test('a run is trained by a job: its events, its adapter, and what it asked for', async () => {
  const events = await trained();
  expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['start', 'plan', 'validation-end']));
  // Every step is told once.
  const steps = events.flatMap((event) => (event.type === 'step-end' ? [event.step] : []));
  expect(steps).toEqual(steps.map((_, index) => index + 1));
  expect(await run.directory.hasOutput()).toBe(true);
  expect(server.submissions).toHaveLength(1);
  expect(server.submissions[0]).toMatchObject({
    submission_id: 'gardener-run-1-1',
    metadata: { 'codebase-gardener': 'run-1' },
    ...{ entrypoint_num_cpus: 1, entrypoint_num_gpus: 0 },
    runtime_env: { env_vars: { RAY_JOB_STOP_WAIT_TIME_S: '30' } },
  });
  expect(server.submissions[0]?.entrypoint_memory).toBeGreaterThan(100e6);
  expect(await attempt()).toMatchObject({ attempt: 1, closed: true });
});

test('a job that is killed is submitted again, told, and goes on from its checkpoint', async () => {
  const events = await trained(atStep(5, () => server.kill('SIGKILL')));
  expect(logs(events)).toEqual([
    expect.stringMatching(
      /was killed \(signal 9, .*submitted again \(1 of 3\) and goes on from its checkpoint\.$/,
    ),
  ]);
  const resumed = events.find(({ type }) => type === 'resume');
  expect(resumed).toMatchObject({ step: expect.toSatisfy((step: number) => step >= 1) });
  expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
  expect(server.submissions.map(({ submission_id }) => submission_id)).toEqual([
    'gardener-run-1-1',
    'gardener-run-1-2',
  ]);
});

test('a head that has forgotten its jobs: the one that still runs ends by itself before the next begins', async () => {
  const events = await trained(
    atStep(5, () => server.forget()),
    { times: { quietMs: 60_000 } },
  );
  expect(logs(events)).toEqual([expect.stringContaining('Ray knows nothing of its job any more')]);
  expect(server.submissions).toHaveLength(2);
  expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
});

test('paused, the job saves a checkpoint and ends; the next one goes on from it', async () => {
  const stop = new AbortController();
  const first = await trained(
    atStep(5, () => stop.abort('pause')),
    { signal: stop.signal },
  );
  expect(first.at(-1)).toMatchObject({ type: 'train-end', reason: 'aborted' });
  expect(server.stopped).toEqual(['gardener-run-1-1']);
  const rest = await trained();
  expect(rest.find(({ type }) => type === 'resume')).toBeDefined();
  expect(rest.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
});

test('after a SIGTERM the job goes on, and the next process finds it instead of submitting another', async () => {
  const stop = new AbortController();
  const first = await trained(
    atStep(3, () => stop.abort('terminate')),
    { signal: stop.signal },
  );
  expect(first.at(-1)?.type).not.toBe('train-end');
  const rest = await trained();
  expect(rest.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
  expect(rest.find(({ type }) => type === 'resume')).toBeUndefined();
  expect(lossesOf([...first, ...rest].filter((event) => event.type !== 'log'))).toHaveLength(
    (rest.findLast((event) => event.type === 'step-end') as { step: number }).step,
  );
  expect(server.submissions).toHaveLength(1);
});

test('a cancel while nobody follows reaches the job by itself', async () => {
  const stop = new AbortController();
  await trained(
    atStep(3, () => stop.abort('terminate')),
    { signal: stop.signal },
  );
  await requestControl(run.directory.path, 'cancel');
  await untilQuiet(run.directory.job, 1, { quietMs: 60_000, pollMs: 20 }, new AbortController().signal);
  const told = await readFile(toldFile(run.directory.job, 1), 'utf8');
  expect(told.trimEnd().split('\n').slice(-2)).toEqual([
    expect.stringContaining('"train-end","reason":"aborted"'),
    '{"type":"end"}',
  ]);
  expect(await run.directory.hasOutput()).toBe(false);
});

test('a job that is told to leave its worker is submitted again', async () => {
  const events = await trained(atStep(5, () => server.kill('SIGTERM')));
  expect(logs(events)).toEqual([expect.stringContaining('its process was told to end')]);
  expect(events.find(({ type }) => type === 'resume')).toBeDefined();
  expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
});

test('an answer that is lost leads to no second job', async () => {
  server.behaviour = 'answer-lost';
  expect((await trained()).at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
  expect(server.submissions).toHaveLength(1);
});

test('while Ray does not answer its job is followed all the same', async () => {
  const events = await trained(
    atStep(3, () => {
      server.behaviour = 'silent';
    }),
  );
  expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
});

test('no more than rayParallel are at Ray: the next waits, says so, and has its turn', async () => {
  server.fate = 'pending';
  const held = new AbortController();
  const holder = trained(
    ({ type }) => {
      if (type === 'wait') begun();
    },
    { signal: held.signal, settings: { rayParallel: 1 } },
  );
  let begun: () => void = () => undefined;
  await new Promise<void>((resolve) => {
    begun = resolve;
  });
  const path = join(folder, 'second');
  await using second = await readyRun(path, goldenBase('llama-tiny'));
  server.fate = 'run';
  let isTold: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    isTold = resolve;
  });
  const waiting = trained(({ type }) => void (type === 'wait' && isTold()), {
    settings: { rayParallel: 1 },
    of: second,
  });
  await told;
  expect(server.submissions).toHaveLength(1);
  // Both are made with one id.
  server.forget();
  held.abort('cancel');
  await holder;
  const events = await waiting;
  expect(events[0]).toMatchObject({ type: 'wait', reason: expect.stringContaining('rayParallel') });
  expect(events[1]).toEqual({ type: 'go-on' });
  expect(events.at(-1)).toMatchObject({ type: 'train-end' });
});

describe('fails with a code, a sentence and a remedy, and leaves no job behind:', () => {
  const failed = {
    message: expect.stringMatching(/^[A-Z].+\.$/),
    remedy: expect.stringContaining('gardener resume'),
  };

  test('a job that never gets a place', async () => {
    server.fate = 'pending';
    const events: PlaceEvent[] = [];
    await expect(trained((event) => events.push(event), { times: { placingMs: 300 } })).rejects.toMatchObject(
      {
        code: 'training.ray-not-placed',
        ...failed,
      },
    );
    expect(events).toEqual([
      {
        type: 'wait',
        reason: expect.stringMatching(/^Waits for a place .*1 processor, 0\.\d GB of memory\.$/),
      },
    ]);
    expect(server.stopped).toEqual(['gardener-run-1-1']);
    expect(await attempt()).toMatchObject({ closed: true });
  });

  test('a job that Ray could not place', async () => {
    server.fate = 'unschedulable';
    await expect(trained()).rejects.toMatchObject({ code: 'training.ray-not-placed', ...failed });
  });

  test('workers that do not have the run directory', async () => {
    await expect(trained(undefined, { settings: { rayDataDirectory: '/nowhere' } })).rejects.toMatchObject({
      code: 'training.ray-not-shared',
      ...failed,
    });
  });

  test('workers that have another directory at its path', async () => {
    server.fate = 'succeed';
    await expect(trained()).rejects.toMatchObject({ code: 'training.ray-not-shared', ...failed });
  });

  test('workers without this program', async () => {
    await expect(trained(undefined, { settings: { rayPackage: '/nowhere' } })).rejects.toMatchObject({
      code: 'training.ray-job-failed',
      ...failed,
    });
  });

  test('a job that somebody else has stopped', async () => {
    server.fate = 'stop';
    await expect(trained()).rejects.toMatchObject({ code: 'training.ray-stopped', ...failed });
  });

  test('one that is lost again and again', async () => {
    const losing = trained((event) => {
      if (event.type === 'step-end') server.kill('SIGKILL');
    });
    await expect(losing).rejects.toMatchObject({ code: 'training.ray-lost', ...failed });
    expect(server.submissions).toHaveLength(4);
  });

  test('what the engine failed with, as it says it', async () => {
    await rm(join(run.directory.path, 'data', 'train.bin'));
    await expect(trained()).rejects.toMatchObject({ code: 'garden.file-missing' });
  });

  test('a Ray that stays away', async () => {
    const away = () => {
      server.behaviour = 'silent';
      server.kill('SIGKILL');
    };
    const staying = trained(atStep(2, away), { times: { awayMs: 300 } });
    await expect(staying).rejects.toMatchObject({ code: 'training.ray-unreachable', ...failed });
  });
});
