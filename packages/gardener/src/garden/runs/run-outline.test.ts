import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendEvent, forgetOutcome, type RunEventInput } from './run-events.js';
import { readRunOutline } from './run-outline.js';
import { readRunState } from './runs.js';

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'gardener-outline-'));
  await writeFile(join(run, 'events.jsonl'), '');
  await appendEvent(run, { type: 'run-queue' });
});
afterEach(() => rm(run, { recursive: true, force: true }));

const STEP: RunEventInput = {
  type: 'step-end',
  ...{ step: 3, steps: 9, loss: 1.5, learningRate: 0.001, tokensPerSecond: 100 },
  ...{ etaMs: 5_000, peakMemoryBytes: 1e9 },
};
const error = { code: 'train.diverged', message: 'It diverged.', remedy: 'Lower the learning rate.' };

test('of a run that goes on it is the whole state', async () => {
  await appendEvent(run, { type: 'plan', steps: 9, tokensPerSecond: 100 });
  await appendEvent(run, STEP);
  expect(await readRunOutline(run)).toEqual(await readRunState(run));
  expect((await readRunOutline(run)).loss).toBe(1.5);
});

test('of a run that has ended it says how, and not its steps; also when it is taken up again and ends anew', async () => {
  await appendEvent(run, STEP);
  await appendEvent(run, { type: 'run-fail', error });
  const failed = await readRunOutline(run);
  expect(failed).toMatchObject({ status: 'failed', finished: true, error, step: 0, loss: null });
  expect(failed.failures).toMatchObject([error]);
  expect((await readRunState(run)).failures).toEqual(failed.failures);
  await forgetOutcome(run);
  await appendEvent(run, { type: 'run-resume', reason: 'Try 2 of 3.' });
  expect(await readRunOutline(run)).toMatchObject({
    status: 'queued',
    finished: false,
    error: null,
    step: 3,
  });
  await appendEvent(run, { type: 'run-complete', reason: null, adapterVersion: 4, promoted: true });
  expect(await readRunOutline(run)).toMatchObject({
    status: 'completed',
    adapterVersion: 4,
    failures: [error],
  });
});

test('a line that only looks like an event about the run is no such event', async () => {
  await appendFile(
    join(run, 'events.jsonl'),
    '{"type":"run-complete","time":"t"}\n{"message":"\\"type\\":\\"run-fail\\""}\n',
  );
  expect(await readRunOutline(run)).toMatchObject({ status: 'queued', finished: false });
});
