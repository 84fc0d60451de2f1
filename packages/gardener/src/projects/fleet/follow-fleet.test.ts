import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isProcessAlive } from '@codebase-gardener/lora/process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ProjectRecord } from '../../garden/project-record.js';
import { cancelRun, ensureRunner, readRunner } from '../../garden/runner/runner-process.js';
import { trainingRuns } from '../../garden/runner/training-turn.js';
import { latestRun, openRuns, readRunState } from '../../garden/runs/runs.js';
import { cancelFleet } from './cancel-fleet.js';
import { makeTestFleet, type TestFleet } from './fleet.fixture.js';
import { type FollowFleetOptions, followFleet } from './follow-fleet.js';
import { type QueuedFleet, refreshFleet, trainFleet } from './train-fleet.js';

const WORKER = new URL('../../garden/runner/worker.fixture.js', import.meta.url);
let fleet: TestFleet;
let projects: ProjectRecord[];
beforeEach(async () => {
  fleet = await makeTestFleet();
  const folders = await fleet.code('a', 'b', 'c', 'd');
  const { registry } = fleet.garden;
  projects = (await registry.addAll(folders.map((path) => ({ path, baseModel: 'base' })))) as ProjectRecord[];
});
afterEach(async () => {
  const { paths } = fleet.garden;
  for (const run of await openRuns(paths)) await cancelRun(paths, run, 0);
  const runner = await readRunner(paths);
  if (runner && (await isProcessAlive(runner))) process.kill(runner.pid, 'SIGKILL');
  await fleet.remove();
});

const signal = () => new AbortController().signal;
const ensure = (entry = WORKER) => ensureRunner(fleet.garden.paths, entry);

/** Queues trainings for the worker of the runner's tests, which does what `behaviour` says. */
const train = (
  behaviour: string,
  options: Record<string, unknown> = {},
  parallel?: number,
): Promise<QueuedFleet> =>
  trainFleet(fleet.garden, projects, {
    ...{ runOptions: { behaviour, ...options }, parallel, signal: signal(), start: async () => undefined },
  });

const follow = ({ queued }: QueuedFleet, options: Partial<FollowFleetOptions> = {}) =>
  followFleet(fleet.garden.paths, queued, {
    signal: signal(),
    ensure: () => ensure(),
    pollMs: 50,
    ...options,
  });

it('trains all, two side by side, and tells how each ended', async () => {
  const gate = join(fleet.root, 'gate');
  const queued = await train('train', { gate }, 2);
  expect(queued.queued.map(({ run }) => run.options)).toEqual(
    Array.from({ length: 4 }, () => ({
      ...{
        baseModel: 'base',
        engine: 'onnx',
        place: 'local',
        behaviour: 'train',
        gate,
        retries: 2,
        parallel: 2,
      },
    })),
  );
  const atOnce: number[] = [];
  const ended: string[] = [];
  const following = follow(queued, { onEnd: ({ project }) => ended.push(project.name) });
  while (atOnce.length < 20 || Math.max(...atOnce) < 2) {
    atOnce.push((await trainingRuns(fleet.garden.paths)).length);
    await delay(20);
  }
  await writeFile(gate, '');
  const runs = await following;
  expect(Math.max(...atOnce)).toBe(2);
  expect(runs.map(({ state }) => state.status)).toEqual(Array.from({ length: 4 }, () => 'completed'));
  expect(ended.sort()).toEqual(['a', 'b', 'c', 'd']);
});

it('passes over what is away or under way, and queues the others', async () => {
  await writeFile(join(fleet.root, 'gate'), '');
  projects = projects.slice(0, 2);
  await train('complete');
  const [a, b] = projects as [ProjectRecord, ProjectRecord];
  projects = [a, { ...b, path: join(fleet.root, 'gone') }, ...(await fleet.garden.registry.list()).slice(2)];
  const again = await train('complete');
  expect(again.queued.map(({ project }) => project.name)).toEqual(['c', 'd']);
  expect(again.passed.map(({ project, reason }) => [project.name, reason])).toEqual([
    ['a', 'Training of a is already queued.'],
    ['b', expect.stringContaining('is not there')],
  ]);
});

it('takes up a run that fails, twice, also where the runner has died with it', async () => {
  const file = join(fleet.root, 'worker.mjs');
  await writeFile(file, 'throw new RangeError("no such luck");\n');
  projects = projects.slice(0, 2);
  const queued = await train('');
  const told: string[] = [];
  const runs = await follow(queued, {
    ensure: () => ensure(pathToFileURL(file)),
    onFailure: ({ project }, { message }) => told.push(`${project.name}: ${message}`),
  });
  for (const { state } of runs) {
    expect(state).toMatchObject({ status: 'failed', finished: true, attempts: 3 });
    expect(state.failures).toHaveLength(3);
  }
  expect(told.every((text) => text.includes('RangeError: no such luck'))).toBe(true);
});

it('takes up a run whose runner died when it failed', async () => {
  projects = projects.slice(0, 1);
  const queued = await train('complete');
  const [{ project, run } = { project: null, run: null }] = queued.queued;
  const directory = fleet.garden.paths.run(project?.id ?? '', run?.id ?? '');
  const error = { code: 'train.diverged', message: 'It diverged.', remedy: 'Lower the rate.' };
  const line = { type: 'run-fail', error, time: new Date(Date.now() - 60_000).toISOString() };
  await appendFile(join(directory, 'events.jsonl'), `${JSON.stringify(line)}\n`);
  const runs = await follow(queued);
  expect(runs.map(({ state }) => state)).toMatchObject([{ status: 'completed', failures: [error] }]);
});

it('ends following and not the runs when it is told to', async () => {
  const queued = await train('wait', { gate: join(fleet.root, 'gate') });
  const controller = new AbortController();
  const following = follow(queued, {
    signal: controller.signal,
    onLook: (runs) => {
      if (runs.some(({ state }) => state.workerPid !== null)) controller.abort();
    },
  });
  await expect(following).rejects.toMatchObject({ name: 'AbortError' });
  expect(await openRuns(fleet.garden.paths)).toHaveLength(4);
  const cancelled = await cancelFleet(fleet.garden, projects);
  expect(cancelled.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(await openRuns(fleet.garden.paths)).toEqual([]);
});

it('counts a run whose project is removed meanwhile as cancelled', async () => {
  projects = projects.slice(0, 1);
  const queued = await train('wait', { gate: join(fleet.root, 'gate') });
  const runs = await follow(queued, {
    ensure: async () => {
      await fleet.garden.registry.remove('a').catch(() => undefined);
      return { started: false, notice: null };
    },
  });
  expect(runs.map(({ state }) => state.status)).toEqual(['cancelled']);
});

it('refreshes an index, and trains where an adapter is promoted and training is wanted', async () => {
  const [a = '', b = ''] = projects.map(({ id }) => id);
  await fleet.garden.registry.update(b, { promotedAdapter: 1 });
  projects = (await fleet.garden.registry.list()).slice(0, 2);
  const options = { signal: signal(), start: async () => undefined, budgetMs: 60_000 };
  await refreshFleet(fleet.garden, projects, { ...options, train: true });
  const kinds = async () =>
    Promise.all([a, b].map(async (id) => (await latestRun(fleet.garden.paths, id))?.description));
  expect(await kinds()).toMatchObject([
    { kind: 'index', options: { retries: 2 } },
    { kind: 'train', options: { refresh: true, budgetMs: 60_000, retries: 2 } },
  ]);
  await cancelFleet(fleet.garden, projects);
  await refreshFleet(fleet.garden, projects, { ...options, train: false });
  expect(await kinds()).toMatchObject([{ kind: 'index' }, { kind: 'index' }]);
  for (const id of [a, b])
    expect((await readRunState((await latestRun(fleet.garden.paths, id))?.directory ?? '')).status).toBe(
      'queued',
    );
});
