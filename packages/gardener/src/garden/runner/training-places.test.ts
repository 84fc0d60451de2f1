import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Garden } from '../garden.js';
import { appendEvent, type Run, readRunEvents, readRunState, requestControl } from '../runs/runs.js';
import { RunnerGarden, until } from './runner-garden.fixture.js';
import { trainingRuns } from './training-turn.js';
import { waitForRun } from './wait-for-run.js';
import { MAX_RESTARTS } from './worker-death.js';

let at: RunnerGarden;
let folder: string;
let garden: Garden;

beforeEach(async () => {
  at = await RunnerGarden.make(['one', 'two', 'three', 'four']);
  ({ folder, garden } = at);
});
afterEach(() => at.remove());

const ensure = () => at.ensure();
const queue: RunnerGarden['queue'] = (...run) => at.queue(...run);

test('as many train side by side as a run was queued with; a pause or a cancel is for one of them', async () => {
  const gate = join(folder, 'gate');
  const runs = [];
  for (const project of [0, 1, 2, 3]) runs.push(await queue('train', project, { gate, parallel: 2 }));
  const [first, second, third, fourth] = runs as [Run, Run, Run, Run];
  await ensure();
  await until(async () => (await trainingRuns(garden.paths)).length === 2);
  // Beside two trainings the others prepare, one after the other, and hand over.
  for (const run of [third, fourth])
    await until(async () => (await readRunState(run.directory)).reason === 'Another one trains.');
  expect((await trainingRuns(garden.paths)).map(({ runDirectory }) => runDirectory).sort()).toEqual(
    [first, second].map(({ directory }) => directory).sort(),
  );
  await requestControl(first.directory, 'cancel');
  const next = await until(async () =>
    (await trainingRuns(garden.paths)).find(({ runDirectory }) => runDirectory === third.directory),
  );
  expect(next.pid).toBe((await readRunState(third.directory)).workerPid);
  expect((await readRunState(first.directory)).status).toBe('cancelled');
  expect((await readRunState(second.directory)).status).toBe('training');
  await writeFile(gate, '');
  for (const run of [second, third, fourth])
    expect(await waitForRun(run.directory, { ensure })).toMatchObject({ status: 'completed' });
});

test('the setting says how many train side by side where runs do not', async () => {
  const gate = join(folder, 'gate');
  await writeFile(garden.paths.settingsFile, JSON.stringify({ trainingParallel: 2 }));
  const runs = [await queue('train', 0, { gate }), await queue('train', 1, { gate })];
  await ensure();
  await until(async () => (await trainingRuns(garden.paths)).length === 2);
  await writeFile(gate, '');
  for (const run of runs)
    expect(await waitForRun(run.directory, { ensure })).toMatchObject({ status: 'completed', attempts: 1 });
});

const FAILS = `
  const runDir = process.argv[2];
  const tries = (fs.readFileSync(runDir + '/events.jsonl', 'utf8').match(/"run-start"/g) ?? []).length;
  throw new TypeError('try ' + tries);`;

test('a run that fails thrice was tried thrice, after the others, and keeps its three reasons', async () => {
  const failing = await queue('', 0, { retries: 2 });
  const other = await queue('', 1);
  await at.workWith(FAILS);
  const state = await readRunState(failing.directory);
  expect(state).toMatchObject({ status: 'failed', finished: true, attempts: 3 });
  expect(state.failures).toHaveLength(3);
  for (const failure of state.failures)
    expect(failure).toMatchObject({
      code: 'training.process-failed',
      message: expect.stringContaining('TypeError: try'),
    });
  // One that was queued without tries is not tried again.
  expect(await readRunState(other.directory)).toMatchObject({ status: 'failed', attempts: 1 });
  const resumed = (await readRunEvents(failing.directory)).events.filter(({ type }) => type === 'run-resume');
  expect(resumed).toMatchObject([
    { reason: expect.stringMatching(/^Try 2 of 3, after: The training process ended/) },
    { reason: expect.stringMatching(/^Try 3 of 3, after: /) },
  ]);
  const began = async (run: Run) =>
    (await readRunEvents(run.directory)).events.flatMap(({ type, time }) =>
      type === 'run-start' ? [time] : [],
    );
  expect(String((await began(other))[0]) < String((await began(failing))[1])).toBe(true);
  await expect(garden.registry.get('one')).resolves.toMatchObject({ trainingStatus: 'failed' });
});

test('a run that is given up before it starts, and has tries left, is tried again by the same runner', async () => {
  const { directory } = await queue('', 0, { retries: 1 });
  // Its worker was killed again and again.
  for (let death = 0; death <= MAX_RESTARTS; death++) {
    await appendEvent(directory, { type: 'run-start', pid: 1, processStart: 'another time' });
    await appendEvent(directory, { type: 'run-interrupt', reason: 'It was killed.' });
  }
  await at.workWith(FAILS);
  const { status, failures } = await readRunState(directory);
  expect(status).toBe('failed');
  expect(failures.map(({ code }) => code)).toEqual(['training.process-died', 'training.process-failed']);
});

test('a run that is cancelled while it fails is not tried again', async () => {
  const run = await queue('', 0, { retries: 2 });
  await requestControl(run.directory, 'cancel');
  await at.workWith(FAILS);
  expect(await readRunState(run.directory)).toMatchObject({ status: 'cancelled', failures: [], attempts: 0 });
});
