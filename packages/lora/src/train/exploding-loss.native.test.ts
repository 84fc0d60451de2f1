import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BaseModel, type BaseWeights, loadBaseModel } from '../transformer/base-model.js';
import type { WeightSource } from '../weights/weight-source.js';
import { goldenPath } from './golden.fixture.js';
import { collect, ending, losses, patternTraining } from './pattern-training.fixture.js';
import { meanLoss, scoreExamples } from './scoring/score.js';
import type { OptimizerOptions, TrainOptions } from './settings/train-options.js';
import type { TrainEvent } from './train-events.js';

let base: BaseModel;
let directory: string;

beforeAll(async () => {
  base = await loadBaseModel(goldenPath('llama-tiny/base.gguf'));
  directory = await mkdtemp(join(tmpdir(), 'gardener-exploding-'));
});

afterAll(async () => {
  await base[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const settings = () => patternTraining(base);

describe('a loss that explodes', () => {
  const wild = (): TrainOptions => ({
    ...settings(),
    checkpoint: { directory: join(directory, `wild-${Math.random()}`) },
  });
  const unbounded = (learningRate: number): OptimizerOptions => ({
    learningRate,
    schedule: 'constant',
    maxGradientNorm: Number.POSITIVE_INFINITY,
  });

  test('turns back to the last checkpoint with half the learning rate, once; then it is a clear failure', async () => {
    const events: TrainEvent[] = [];
    const run = collect({ ...wild(), optimizer: unbounded(1e20) }, (event) => events.push(event));
    await expect(run).rejects.toMatchObject({ code: 'train.diverged' });
    const turned = events.filter((event) => event.type === 'turn-back');
    expect(turned).toEqual([
      { type: 'turn-back', step: expect.any(Number), toStep: 0, learningRateFactor: 0.5 },
    ]);
  });

  test('that half the learning rate cures ends as a whole run of half the learning rate does', async () => {
    // The first step alone is poisoned: a run that has turned back must look like one that began with the halved rate.
    const cured = losses(await collect({ ...wild(), optimizer: unbounded(1e-2) }));
    const { poisoned, onEvent } = poisonedOnce(base, ({ type }) => type === 'step-end');
    const run = { ...wild(), base: poisoned, optimizer: unbounded(2e-2) };
    const seen = losses(await collect(run, onEvent));
    expect(seen.slice(-cured.length)).toEqual(cured);
  });

  test('takes no better state away that was found since the last checkpoint', async () => {
    const { poisoned, onEvent } = poisonedOnce(
      base,
      (event) => event.type === 'validation-end' && event.step === 8,
    );
    const stop = new AbortController();
    let turned = false;
    const evaluated: { step: number; loss: number; afterTurn: boolean }[] = [];
    // The checkpoint is that of the start, where the run waits once.
    let asked = 0;
    const courtesy = { askAgainMs: 1, obstacle: async () => (++asked === 1 ? 'for a moment' : null) };
    const machine = { ...settings().machine, courtesy };
    const options = { ...wild(), base: poisoned, machine, signal: stop.signal };
    const events = await collect(options, (event) => {
      onEvent(event);
      if (event.type === 'turn-back') turned = true;
      if (event.type === 'validation-end') evaluated.push({ ...event, afterTurn: turned });
      if (turned && event.type === 'step-end' && event.step === 2) stop.abort();
    });
    expect(events.find(({ type }) => type === 'turn-back')).toMatchObject({ step: 9, toStep: 0 });
    expect(evaluated.map(({ step, afterTurn }) => [step, afterTurn])).toEqual([
      [0, false],
      [4, false],
      [8, false],
    ]);
    expect(evaluated[2]!.loss).toBeLessThan(evaluated[0]!.loss);
    const { adapter, ...end } = ending(events);
    expect(end).toMatchObject({
      reason: 'aborted',
      step: 2,
      bestStep: 8,
      validationLoss: evaluated[2]!.loss,
    });
    const scores = await scoreExamples(base, adapter, options.validation, { sequenceLength: 32, threads: 1 });
    expect(meanLoss(scores, options.validation)).toBeCloseTo(evaluated[2]!.loss, 5);
    // Evaluations before the best step use up no patience; resumed, the run still knows its best state.
    const { signal: _signal, ...resumable } = options;
    const impatient = await collect({ ...resumable, base });
    const again = impatient.flatMap((event) => (event.type === 'validation-end' ? [event.step] : []));
    expect(again).toEqual([4, 8, 12]);
    expect(ending(impatient).validationLoss).toBeLessThanOrEqual(evaluated[2]!.loss);
  });
});

/**
 * Weights of which, once, from the event on that `begins` it, all embeddings read as NaN, until training has turned
 * back.
 */
function poisonedOnce(
  base: BaseWeights,
  begins: (event: TrainEvent) => boolean,
): { poisoned: BaseWeights; onEvent: (event: TrainEvent) => void } {
  let state: 'whole' | 'poisoned' | 'cured' = 'whole';
  const weights: WeightSource = Object.assign(Object.create(base.weights), {
    async readRowsFloat32(name: string, rows: Int32Array) {
      const values = await base.weights.readRowsFloat32(name, rows);
      return state === 'poisoned' ? values.fill(Number.NaN) : values;
    },
  });
  return {
    poisoned: { ...base, weights },
    onEvent(event) {
      if (state === 'whole' && begins(event)) state = 'poisoned';
      if (event.type === 'turn-back') state = 'cured';
    },
  };
}
