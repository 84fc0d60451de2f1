import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BaseModel, loadBaseModel } from '../transformer/base-model.js';
import { goldenPath } from './golden.fixture.js';
import type { TrainOptions } from './settings/train-options.js';
import { train } from './train.js';
import type { TrainEvent } from './train-events.js';
import { TrainingPlan } from './training-plan.js';

let base: BaseModel;
let directory: string;

beforeAll(async () => {
  base = await loadBaseModel(goldenPath('llama-tiny/base.gguf'));
  directory = await mkdtemp(join(tmpdir(), 'gardener-courtesy-'));
});

afterAll(async () => {
  await base[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const MACHINE = { threads: 1 };

const settings = (): TrainOptions => ({
  base,
  examples: Array.from({ length: 12 }, (_, i) => ({
    tokens: Int32Array.from({ length: 16 }, (_, t) => 10 + ((i + 3 * t) % 50)),
    supervised: new Uint8Array(16).fill(1),
  })),
  validation: [],
  adapter: { rank: 2, alpha: 4 },
  batch: { sequenceLength: 16, accumulation: 1 },
  steps: 6,
  machine: MACHINE,
});

async function collect(options: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(options)) events.push(event);
  return events;
}

const losses = (events: TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'step-end' ? [event.loss] : []));

test('waiting and resting change no loss; a checkpoint is there while it waits', async () => {
  const undisturbed = losses(await collect(settings()));
  let asked = 0;
  const courtesy = {
    askAgainMs: 1,
    // Before the third step, for three questions.
    obstacle: () => Promise.resolve(++asked >= 3 && asked < 6 ? 'on battery' : null),
    restMs: () => 1,
  };
  const events = await collect({
    ...settings(),
    machine: { ...MACHINE, courtesy },
    checkpoint: { directory: join(directory, 'waits') },
  });
  expect(losses(events)).toEqual(undisturbed);
  const from = events.findIndex((event) => event.type === 'wait');
  expect(events.slice(from - 1, from + 4)).toMatchObject([
    { type: 'step-end', step: 2 },
    { type: 'wait', reason: 'on battery' },
    { type: 'checkpoint-save', step: 2 },
    { type: 'go-on' },
    { type: 'step-end', step: 3 },
  ]);
  expect(asked).toBe(6 + 3);
});

test('a run that is stopped while it waits can be resumed to the same losses', async () => {
  const undisturbed = losses(await collect(settings()));
  const checkpoint = { directory: join(directory, 'stopped') };
  const stop = new AbortController();
  const courtesy = { askAgainMs: 1_000_000, obstacle: () => Promise.resolve('for ever') };
  const stopped: TrainEvent[] = [];
  for await (const event of train({
    ...settings(),
    machine: { ...MACHINE, courtesy },
    checkpoint,
    signal: stop.signal,
  })) {
    stopped.push(event);
    if (event.type === 'checkpoint-save') stop.abort();
  }
  expect(stopped.at(-1)).toMatchObject({ type: 'train-end', reason: 'aborted' });
  const resumed = await collect({ ...settings(), checkpoint });
  expect([...losses(stopped), ...losses(resumed)]).toEqual(undisturbed);
});

test('waiting is not time of the budget, resting is', async () => {
  const plan = new TrainingPlan({ budgetMs: 60_000 }, 100);
  const before = plan.elapsedMs;
  plan.recordWait(3_600_000);
  expect(plan.elapsedMs).toBeLessThan(before - 3_500_000);

  const rests: number[] = [];
  const restMs = (stepMs: number) => {
    rests.push(stepMs);
    return 0;
  };
  await collect({ ...settings(), machine: { ...MACHINE, courtesy: { restMs } } });
  expect(rests).toHaveLength(6);
  expect(rests.every((stepMs) => stepMs > 0)).toBe(true);
});
