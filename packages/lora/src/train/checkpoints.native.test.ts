import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BaseModel, type BaseWeights, loadBaseModel } from '../transformer/base-model.js';
import type { WeightSource } from '../weights/weight-source.js';
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
    ];
    for (const other of others) {
      await expect(collect({ ...options, ...other })).rejects.toMatchObject({
        code: 'train.other-checkpoint',
      });
    }
    await using again = await loadBaseModel(goldenPath('llama-tiny/base.gguf'));
    const resumed = await collect({ ...options, base: again });
    expect(resumed[1]).toEqual({ type: 'resume', step: 2 });
  });
});

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
