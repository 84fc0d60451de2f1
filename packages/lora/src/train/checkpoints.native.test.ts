import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BaseModel, type BaseWeights, loadBaseModel } from '../transformer/base-model.js';
import type { WeightSource } from '../weights/weight-source.js';
import { DataCursor } from './batches/data-cursor.js';
import { goldenPath } from './golden.fixture.js';
import {
  collect,
  ending,
  losses,
  patternExamples,
  patternTraining,
  valuesOf,
} from './pattern-training.fixture.js';
import type { TrainOptions } from './settings/train-options.js';
import type { TrainEvent } from './train-events.js';

let base: BaseModel;
let directory: string;

beforeAll(async () => {
  base = await loadBaseModel(goldenPath('llama-tiny/base.gguf'));
  directory = await mkdtemp(join(tmpdir(), 'gardener-checkpoints-'));
});

afterAll(async () => {
  await base[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const settings = () => patternTraining(base);

describe('checkpoints', () => {
  test('a run stopped at any step goes on to the same losses and the same adapter', async () => {
    const whole = await collect(settings());
    for (const stopAt of [1, 4, 7]) {
      const options = {
        ...settings(),
        checkpoint: { directory: join(directory, `stop-${stopAt}`), everyMs: 0 },
      };
      const controller = new AbortController();
      const first = await collect({ ...options, signal: controller.signal }, (event) => {
        if (event.type === 'step-end' && event.step === stopAt) controller.abort();
      });
      expect(ending(first).reason).toBe('aborted');
      const second = await collect(options);
      expect(second[1]).toEqual({ type: 'resume', step: stopAt });
      expect([...losses(first), ...losses(second)]).toEqual(losses(whole));
      expect(valuesOf(ending(second).adapter)).toEqual(valuesOf(ending(whole).adapter));
    }
  });

  test('a run with a budget goes on with the learning rates it was at; one of an old checkpoint goes on too', async () => {
    const { steps: _, ...unbounded } = settings();
    const peak = 1e-3;
    const options: TrainOptions = {
      ...unbounded,
      validation: [],
      optimizer: { learningRate: peak },
      budgetMs: 3_000,
      maxEpochs: 100_000,
      checkpoint: { directory: join(directory, 'budget') },
    };
    // Down to less than half of the peak: that a schedule over all epochs has after days.
    const stop = new AbortController();
    const stopped = rates(
      await collect({ ...options, signal: stop.signal }, (event) => {
        if (event.type === 'step-end' && event.step > event.steps / 3 && event.learningRate < peak / 2)
          stop.abort();
      }),
    );
    const file = join(options.checkpoint!.directory, 'checkpoint.safetensors');
    const saved = await readFile(file);
    const resumed = await collect(options);
    expect(resumed[1]).toEqual({ type: 'resume', step: stopped.length });
    expect(rates(resumed).length).toBeGreaterThan(4);
    expect(rates(resumed)[0]).toBeLessThan(stopped.at(-1)! + 0.1 * peak);
    for (const rate of rates(resumed).slice(0, 4)) expect(rate).toBeLessThan(0.8 * peak);
    expect(ending(resumed).reason).toBe('budget');

    const old = saved.toString('latin1').replace('\\"plan\\":', '\\"none\\":');
    expect(old).not.toBe(saved.toString('latin1'));
    await writeFile(file, Buffer.from(old, 'latin1'));
    const fromOld = await collect(options);
    expect(fromOld[1]).toEqual({ type: 'resume', step: stopped.length });
    expect(ending(fromOld).reason).toBe('budget');
    // It is written by whoever saves, so a plan of other kind is damage.
    const damaged = saved.toString('latin1').replace('\\"steps\\":', '\\"stepz\\":');
    await writeFile(file, Buffer.from(damaged, 'latin1'));
    await expect(collect(options)).rejects.toMatchObject({ code: 'train.damaged-checkpoint' });
  });

  test('how many steps there are does not depend on the epoch in which a run is resumed', async () => {
    const { steps: _, ...unbounded } = settings();
    const { examples, batch } = unbounded;
    const rowsOf = (seed: number, epoch: number) =>
      new DataCursor(examples, batch!.sequenceLength!, { seed }, { epoch, row: 0 }).rowsPerEpoch;
    const seed = [...Array(100).keys()].find(
      (seed) => Math.ceil(rowsOf(seed, 0) / 2) !== Math.ceil(rowsOf(seed, 1) / 2),
    )!;
    const checkpoint = { directory: join(directory, 'epochs') };
    const options: TrainOptions = { ...unbounded, seed, validation: [], maxEpochs: 2, checkpoint };
    const perEpoch = Math.ceil(rowsOf(seed, 0) / 2);
    const stop = new AbortController();
    await collect({ ...options, signal: stop.signal }, (event) => {
      if (event.type === 'step-end' && event.step === perEpoch + 2) stop.abort();
    });
    expect(ending(await collect(options))).toMatchObject({ reason: 'steps', step: 2 * perEpoch });
  });

  test('a checkpoint of other settings, or a damaged one, is refused with a sentence', async () => {
    const options = { ...settings(), checkpoint: { directory: join(directory, 'other'), everyMs: 0 } };
    await collect(options);
    await expect(collect({ ...options, optimizer: { learningRate: 1e-4 } })).rejects.toMatchObject({
      code: 'train.other-checkpoint',
    });
    await expect(collect({ ...options, examples: patternExamples(41, 1) })).rejects.toMatchObject({
      code: 'train.other-checkpoint',
    });
    const file = join(options.checkpoint.directory, 'checkpoint.safetensors');
    const whole = await readFile(file);
    const { length } = whole;
    const otherVersion = whole.toString('latin1').replace('"version":"2"', '"version":"1"');
    await writeFile(file, Buffer.from(otherVersion, 'latin1'));
    await expect(collect(options)).rejects.toMatchObject({ code: 'train.other-checkpoint' });
    await truncate(file, Math.floor(length / 2));
    await expect(collect(options)).rejects.toMatchObject({ code: 'train.damaged-checkpoint' });
    await writeFile(file, 'not a checkpoint');
    await expect(collect(options)).rejects.toMatchObject({ code: 'train.damaged-checkpoint' });
  });
});

describe('what a checkpoint belongs to', () => {
  test('another base of the same shapes, another start, patience or distance of evaluations is refused', async () => {
    const options = {
      ...settings(),
      steps: 2,
      checkpoint: { directory: join(directory, 'belongs'), everyMs: 0 },
    };
    const { adapter: initial } = ending(await collect(options));
    const { evaluation, adapter } = options;
    const others: Partial<TrainOptions>[] = [
      { base: withOtherNorm(base) },
      { adapter: { ...adapter, initial } },
      { evaluation: { ...evaluation, patience: 7 } },
      { evaluation: { everySteps: 5 } },
      { firstEpoch: 'given' },
    ];
    for (const other of others) {
      await expect(collect({ ...options, ...other })).rejects.toMatchObject({
        code: 'train.other-checkpoint',
      });
    }
    await using again = await loadBaseModel(goldenPath('llama-tiny/base.gguf'));
    // Said or not, the order is the same: checkpoints of earlier releases do not say it.
    const resumed = await collect({ ...options, base: again, firstEpoch: 'shuffled' });
    expect(resumed[1]).toEqual({ type: 'resume', step: 2 });
  });
});

/** The learning rates of the steps. */
const rates = (events: TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'step-end' ? [event.learningRate] : []));

/** A base of the same shapes, of which one norm has other values. */
function withOtherNorm(base: BaseWeights): BaseWeights {
  const weights: WeightSource = Object.assign(Object.create(base.weights), {
    async readFloat32(name: string, into?: Float32Array) {
      const values = await base.weights.readFloat32(name, into);
      return name === 'output_norm.weight' ? values.map((value) => 1.01 * value) : values;
    },
  });
  return { ...base, weights };
}
