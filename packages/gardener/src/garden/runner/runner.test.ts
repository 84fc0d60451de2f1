import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess, isProcessAlive } from '@codebase-gardener/lora/process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileVersion } from '../files/file-version.js';
import type { Garden } from '../garden.js';
import { createRun, latestRun, type Run, readRunEvents, readRunState, requestControl } from '../runs/runs.js';
import { RunnerGarden, until } from './runner-garden.fixture.js';
import { cancelRun, readRunner } from './runner-process.js';
import { trainingRuns } from './training-turn.js';
import { waitForRun } from './wait-for-run.js';

let at: RunnerGarden;
let folder: string;
let garden: Garden;
let projectIds: string[];

beforeEach(async () => {
  at = await RunnerGarden.make(['one', 'two']);
  ({ folder, garden, projectIds } = at);
});
afterEach(() => at.remove());

const ensure = () => at.ensure();
const queue: RunnerGarden['queue'] = (...run) => at.queue(...run);
const work = (entry?: URL) => at.work(entry);

/** The pid of the run's worker once it is at work (it has announced the stage). */
function workingPid(run: Run): Promise<number> {
  return until(async () => {
    const state = await readRunState(run.directory);
    return state.status === 'training' && state.workerPid;
  });
}

const startsOf = (run: Run) =>
  readFileSync(join(run.directory, 'starts.txt'), 'utf8').trim().split('\n').length;
const typesOf = async (run: Run) => (await readRunEvents(run.directory)).events.map((event) => event.type);

test('runs queued runs one after the other at low priority, and ends', async () => {
  const first = await queue('complete', 0);
  const second = await queue('complete', 1);
  const started = await ensure();
  expect(started).toEqual({ started: true, notice: null });
  const runner = await readRunner(garden.paths);
  expect((await ensure()).started).toBe(false);

  const events: string[] = [];
  const state = await waitForRun(second.directory, { ensure, onEvent: (event) => events.push(event.type) });
  expect(state).toMatchObject({
    status: 'completed',
    promoted: true,
    adapterVersion: 1,
    attempts: 1,
    finished: true,
  });
  expect(state.reason).toBe(`niceness 19, cwd ${garden.paths.root}, data ${garden.paths.root}`);
  expect(events).toEqual(['run-queue', 'run-start', 'stage-start', 'run-complete']);
  const [a, b] = await Promise.all(
    [first, second].map(async (run) => (await readRunEvents(run.directory)).events),
  );
  expect(a?.at(-1)?.type).toBe('run-complete');
  // One at a time: the second starts after the first has ended.
  expect(String(b?.find((event) => event.type === 'run-start')?.time) >= String(a?.at(-1)?.time)).toBe(true);

  await until(async () => runner && !(await isProcessAlive(runner)));
  expect(await readRunner(garden.paths)).toBeNull();
  await expect(garden.registry.get('two')).resolves.toMatchObject({ trainingStatus: 'completed' });
});

test('starts nothing when nothing waits', async () => {
  const run = await queue('complete');
  await cancelRun(garden.paths, run);
  await ensure();
  expect(await ensure()).toEqual({ started: false, notice: null });
});

test('two commands at the same instant start one runner and queue one run', async () => {
  const id = projectIds[0] ?? '';
  const made = await Promise.allSettled(
    [1, 2, 3].map(() => createRun(garden.paths, id, 'train', { behaviour: 'complete' })),
  );
  expect(made.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  expect(made.find((result) => result.status === 'rejected')?.reason).toMatchObject({
    code: 'garden.run-active',
  });
  const started = await Promise.all([ensure(), ensure(), ensure()]);
  expect(started.filter((status) => status.started)).toHaveLength(1);
  const run = (await latestRun(garden.paths, id)) as Run;
  await waitForRun(run.directory, { ensure });
  expect(startsOf(run)).toBe(1);
});

test('an uncaught error of the worker is in the state, without its stack', async () => {
  const run = await queue('');
  await at.workWith('throw new TypeError("the loss is a teapot");');
  const state = await readRunState(run.directory);
  expect(state).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'training.process-failed' } });
  expect(state.error?.message).toBe(
    'The training process ended with exit code 1: TypeError: the loss is a teapot.',
  );
  expect(state.error?.remedy).not.toBe('');
  const { events } = await readRunEvents(run.directory);
  const failure = events.at(-1);
  expect(failure).toMatchObject({ details: { exitCode: 1, signal: null } });
  expect(JSON.stringify(failure)).toContain('worker.mjs:2');
});

test('a missing entry file fails the run, not the runner', async () => {
  const run = await queue('complete');
  await work(new URL('./not-there.js', import.meta.url));
  const state = await readRunState(run.directory);
  expect(state.status).toBe('failed');
  expect(state.error?.message).toContain('Cannot find module');
});

test('kill -9 of the worker: interrupted, then the same run goes on', async () => {
  const gate = join(folder, 'gate');
  const run = await queue('wait', 0, { gate });
  const working = work();
  const pid = await workingPid(run);
  process.kill(pid, 'SIGKILL');
  await until(async () => (await readRunState(run.directory)).attempts === 2);
  await writeFile(gate, '');
  await working;
  expect(await readRunState(run.directory)).toMatchObject({ status: 'completed', attempts: 2 });
  const interruption = (await readRunEvents(run.directory)).events.find(
    (event) => event.type === 'run-interrupt',
  );
  expect(interruption).toMatchObject({ reason: expect.stringContaining('SIGKILL') });
});

test('a worker that dies each time is given up after three restarts; a checkpoint resets the count', async () => {
  const dying = await queue('die', 0);
  const advancing = await queue('advance', 1);
  await at.workWith(`
    const runDir = process.argv[2];
    const advances = JSON.parse(fs.readFileSync(runDir + '/run.json')).options.behaviour === 'advance';
    const attempts = (fs.readFileSync(runDir + '/events.jsonl', 'utf8').match(/"run-start"/g) ?? []).length;
    const event = (fields) => fs.appendFileSync(runDir + '/events.jsonl', JSON.stringify({ time: 't', ...fields }) + '\\n');
    if (advances) event({ type: 'checkpoint-save', step: attempts });
    if (advances && attempts >= 6) event({ type: 'run-complete', reason: null, adapterVersion: 1, promoted: true });
    else process.kill(process.pid, 'SIGKILL');`);
  const state = await readRunState(dying.directory);
  expect(state).toMatchObject({ status: 'failed', attempts: 4, error: { code: 'training.process-died' } });
  expect(state.error?.remedy).toContain('memory');
  // The runner writes run-start when it knows the process, at times after the worker has counted them.
  expect(await readRunState(advancing.directory)).toMatchObject({ status: 'completed', finished: true });
  expect((await readRunState(advancing.directory)).attempts).toBeGreaterThan(5);
});

test('kill -9 of the runner: its successor adopts the living worker', async () => {
  const gate = join(folder, 'gate');
  const run = await queue('wait', 0, { gate });
  await ensure();
  const pid = await workingPid(run);
  const runner = await readRunner(garden.paths);
  process.kill(runner?.pid ?? 0, 'SIGKILL');
  await until(async () => runner && !(await isProcessAlive(runner)));
  const record = () => fileVersion(garden.paths.projectFile(run.description.projectId));
  const before = await record();
  const again = await ensure();
  expect(again.started).toBe(true);
  expect(again.notice).toContain('training of one has gone on');
  // Whoever follows a run writes its status into the project's record first.
  await until(async () => (await record()) !== before);
  expect((await readRunState(run.directory)).workerPid).toBe(pid);
  await writeFile(gate, '');
  expect(await waitForRun(run.directory, { ensure })).toMatchObject({ status: 'completed', attempts: 1 });
  expect(startsOf(run)).toBe(1);
});

test('kill -9 of runner and worker: the next call says so and starts the run again', async () => {
  const gate = join(folder, 'gate');
  const run = await queue('wait', 0, { gate });
  await ensure();
  const pid = await workingPid(run);
  const worker = await identifyProcess(pid);
  const runner = await readRunner(garden.paths);
  process.kill(runner?.pid ?? 0, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  await until(async () => runner && !(await isProcessAlive(runner)));
  // Whoever asks while the worker is still dying is told that it lives.
  await until(async () => !(await isProcessAlive(worker)));
  const notices: string[] = [];
  await writeFile(gate, '');
  const state = await waitForRun(run.directory, { ensure, onNotice: (notice) => notices.push(notice) });
  expect(state).toMatchObject({ status: 'completed', attempts: 2 });
  expect(notices).toEqual(['Training of one had been interrupted; it goes on from where it was last saved.']);
  expect(await typesOf(run)).toContain('run-interrupt');
});

test('a pid that was given to another process is not taken for the runner', async () => {
  const run = await queue('complete');
  await writeFile(
    garden.paths.lockFile('runner.json'),
    JSON.stringify({ pid: process.pid, processStart: 'in another life' }),
  );
  expect((await ensure()).started).toBe(true);
  expect((await waitForRun(run.directory, { ensure })).status).toBe('completed');
});

test('cancel ends a worker, also one that does not listen, with its children, and the queue goes on', async () => {
  const stubborn = await queue('stubborn', 0);
  const next = await queue('complete', 1);
  const running = work();
  const pid = await workingPid(stubborn);
  const child = await until(async () => {
    const { events } = await readRunEvents(stubborn.directory);
    const line = events.find((event) => event.type === 'log');
    return line?.type === 'log' && Number(line.message);
  });
  await requestControl(stubborn.directory, 'cancel');
  await running;
  expect((await readRunState(stubborn.directory)).status).toBe('cancelled');
  expect((await readRunState(next.directory)).status).toBe('completed');
  for (const dead of [pid, child]) await until(async () => !existsSync(`/proc/${dead}`) || isZombie(dead));
  await expect(garden.registry.get('one')).resolves.toMatchObject({ trainingStatus: 'cancelled' });
});

test('cancelRun ends queued and working runs also when no runner is alive', async () => {
  const queued = await queue('complete', 0);
  expect(await cancelRun(garden.paths, queued)).toMatchObject({ status: 'cancelled', finished: true });
  expect(await ensure()).toEqual({ started: false, notice: null });

  const working = await queue('wait', 1);
  await ensure();
  const pid = await workingPid(working);
  const runner = await readRunner(garden.paths);
  process.kill(runner?.pid ?? 0, 'SIGKILL');
  expect(await cancelRun(garden.paths, working)).toMatchObject({ status: 'cancelled' });
  expect(() => process.kill(pid, 0) && !isZombie(pid)).toSatisfy((alive: () => boolean) => {
    try {
      return !alive();
    } catch {
      return true;
    }
  });
  await createRun(garden.paths, projectIds[1] ?? '', 'train', { behaviour: 'complete' });
});

test('a paused run lets the others pass, and goes on when resumed', async () => {
  const gate = join(folder, 'gate');
  const paused = await queue('wait', 0, { gate });
  const working = work();
  await workingPid(paused);
  const other = await queue('complete', 1);
  await requestControl(paused.directory, 'pause');
  await working;
  expect(await readRunState(other.directory)).toMatchObject({ status: 'completed' });
  expect((await readRunState(paused.directory)).status).toBe('paused');

  await writeFile(gate, '');
  await requestControl(paused.directory, 'resume');
  await work();
  expect(await readRunState(paused.directory)).toMatchObject({ status: 'completed', attempts: 2 });
  expect(await typesOf(paused)).toContain('run-resume');
});

test('removing a project under its worker ends the worker and leaves nothing behind', async () => {
  const run = await queue('wait', 0);
  const working = work();
  const pid = await workingPid(run);
  await cancelRun(garden.paths, run);
  await garden.registry.remove('one');
  await working;
  await until(async () => !existsSync(`/proc/${pid}`) || isZombie(pid));
  expect(await readdir(garden.paths.projects)).toEqual([projectIds[1]]);
  await expect(waitForRun(run.directory)).rejects.toMatchObject({ code: 'garden.run-removed' });
});

test('waiting can be given up without touching the run', async () => {
  const run = await queue('wait', 0);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 100);
  await expect(waitForRun(run.directory, { signal: controller.signal })).rejects.toThrow('enough');
  expect((await readRunState(run.directory)).status).toBe('queued');
});

function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

test('a worker that ends because a process it needs has died is started again, once for each such end', async () => {
  const run = await queue('interrupted');
  const state = await waitForRun(run.directory, { ensure });
  expect(state).toMatchObject({ status: 'completed', attempts: 2, interruptions: 1 });
  expect(await typesOf(run)).toEqual([
    'run-queue',
    'run-start',
    'stage-start',
    'run-interrupt',
    'run-start',
    'stage-start',
    'run-complete',
  ]);
});

test('a run that has ended is not begun again when its events are cut in half', async () => {
  const run = await queue('complete');
  await waitForRun(run.directory, { ensure });
  await until(async () => (await readRunner(garden.paths)) === null);
  const file = join(run.directory, 'events.jsonl');
  const text = readFileSync(file);
  await writeFile(file, text.subarray(0, text.length / 2));
  expect(await ensure()).toEqual({ started: false, notice: null });
  expect(await readRunState(run.directory)).toMatchObject({
    status: 'completed',
    promoted: true,
    adapterVersion: 1,
    finished: true,
  });
  expect(startsOf(run)).toBe(1);
});

test('indexing does not wait for a training, and a training waits for its turn', async () => {
  const gate = join(folder, 'gate');
  const training = await queue('train', 0, { gate });
  await ensure();
  const trainer = await workingPid(training);
  await until(async () => (await trainingRuns(garden.paths))[0]?.pid === trainer);
  // Another training prepares beside it, and then hands over.
  const next = await queue('train', 1, { gate });
  await ensure();
  await until(async () => (await readRunState(next.directory)).reason === 'Another one trains.');
  expect(await readRunState(next.directory)).toMatchObject({
    status: 'queued',
    workerPid: null,
    interruptions: 0,
  });
  const path = await mkdtemp(join(folder, 'three'));
  projectIds.push((await garden.registry.add({ name: 'three', path, baseModel: 'base' })).id);
  const indexing = await queue('complete', 2);
  expect(await waitForRun(indexing.directory, { ensure })).toMatchObject({ status: 'completed' });
  expect(await isProcessAlive(await identifyProcess(trainer))).toBe(true);
  expect((await readRunState(next.directory)).attempts).toBe(1);
  await writeFile(gate, '');
  for (const run of [training, next])
    expect(await waitForRun(run.directory, { ensure })).toMatchObject({ status: 'completed' });
  expect((await readRunState(next.directory)).attempts).toBe(2);
});
