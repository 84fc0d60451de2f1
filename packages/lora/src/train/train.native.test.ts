import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoraAdapter } from '../adapter/adapter.js';
import { type BaseModel, loadBaseModel } from '../transformer/base-model.js';
import { loadFrozenWeights } from '../transformer/decoder/frozen-weights.js';
import type { Example } from './batches/example.js';
import { seededRandom } from './batches/random.js';
import { goldenPath } from './golden.fixture.js';
import { meanLoss, scoreExamples } from './scoring/score.js';
import { train } from './train.js';
import type { TrainEvent, TrainOptions } from './train-options.js';

let base: BaseModel;
let directory: string;

beforeAll(async () => {
  base = await loadBaseModel(goldenPath('llama-tiny/base.gguf'));
  directory = await mkdtemp(join(tmpdir(), 'gardener-train-'));
});

afterAll(async () => {
  await base[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Sequences with a pattern to learn: each token is followed by the one three further on. */
function patternExamples(count: number, seed: number): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const length = 8 + Math.floor(random.next() * 17);
    const start = Math.floor(random.next() * 50);
    return {
      tokens: Int32Array.from({ length }, (_, i) => 10 + ((start + 3 * i) % 50)),
      supervised: new Uint8Array(length).fill(1),
    };
  });
}

const settings = (): TrainOptions => ({
  base,
  train: patternExamples(40, 1),
  validation: patternExamples(6, 2),
  adapter: { rank: 4, alpha: 8 },
  learningRate: 2e-2,
  sequenceLength: 32,
  rows: 2,
  accumulation: 1,
  steps: 12,
  maxEpochs: 100,
  evaluateEverySteps: 4,
  threads: 1,
  seed: 5,
});

async function collect(options: TrainOptions, onEvent?: (event: TrainEvent) => void): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(options)) {
    events.push(event);
    onEvent?.(event);
  }
  return events;
}

const losses = (events: TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'step-end' ? [event.loss] : []));

function ending(events: TrainEvent[]): Extract<TrainEvent, { type: 'train-end' }> {
  const last = events.at(-1);
  if (last?.type !== 'train-end') throw new Error('no train-end');
  return last;
}

const valuesOf = ({ blocks }: LoraAdapter) =>
  blocks.flatMap((modules) => Object.values(modules).map(({ b }) => [...b]));

describe('training', () => {
  test('learns, and keeps the best state it saw', async () => {
    const options = settings();
    const events = await collect(options);
    const evaluations = events.filter((event) => event.type === 'heldout-end');
    expect(evaluations.map(({ step }) => step)).toEqual([0, 4, 8, 12]);
    const { adapter, bestStep, validationLoss } = ending(events);
    const best = Math.min(...evaluations.map(({ loss }) => loss));
    expect(validationLoss).toBe(best);
    expect(best).toBeLessThan(0.9 * evaluations[0]!.loss);
    expect(bestStep).toBeGreaterThan(0);
    const scores = await scoreExamples(base, adapter, options.validation, { sequenceLength: 32, threads: 1 });
    expect(meanLoss(scores, options.validation)).toBeCloseTo(best, 5);
  });

  test('the same seed gives the same losses, another seed does not', async () => {
    const first = losses(await collect(settings()));
    expect(losses(await collect(settings()))).toEqual(first);
    expect(losses(await collect({ ...settings(), seed: 6 }))).not.toEqual(first);
  });

  test('dropout is part of what a seed fixes', async () => {
    const options = { ...settings(), adapter: { rank: 4, alpha: 8, dropout: 0.2 } };
    const first = losses(await collect(options));
    expect(losses(await collect(options))).toEqual(first);
    expect(first).not.toEqual(losses(await collect(settings())));
  });

  test('accumulation over two batches equals one batch of twice the rows', async () => {
    const exact = { ...settings(), precision: 'float32' as const };
    const wide = losses(await collect({ ...exact, rows: 4 }));
    const accumulated = losses(await collect({ ...exact, rows: 2, accumulation: 2 }));
    for (const [i, loss] of wide.entries()) expect(accumulated[i]).toBeCloseTo(loss, 4);
  });

  test.each([
    { dropout: 0.2, keep: false },
    { dropout: 0.2, keep: true },
    { dropout: 0, keep: true },
  ])('rows that are computed in pieces learn what single rows do: %o', async ({ dropout, keep }) => {
    // 300 tokens at once go through the linear modules in two pieces, and the border lies within the second row.
    const adapter = { rank: 4, alpha: 8, dropout };
    const exact = { ...settings(), precision: 'float32' as const, adapter, sequenceLength: 100, keep };
    const pieces = losses(await collect({ ...exact, rows: 3 }));
    const single = losses(await collect({ ...exact, rows: 1, accumulation: 3 }));
    for (const [i, loss] of pieces.entries()) expect(single[i]).toBeCloseTo(loss, 4);
  });

  test('trains only the modules it is told to', async () => {
    const adapter = { rank: 2, alpha: 4, targetModules: ['q_proj', 'v_proj'] as const };
    const { adapter: trained } = ending(await collect({ ...settings(), adapter }));
    expect(Object.keys(trained.blocks[0]!)).toEqual(['q_proj', 'v_proj']);
    expect(trained.blocks[0]!.v_proj!.b.some((value) => value !== 0)).toBe(true);
  });

  test('a state that forgets what is to be retained is never the best, however good it is otherwise', async () => {
    // Tokens that training never shows: it makes them less likely.
    const examples = patternExamples(6, 3).map(({ tokens, supervised }) => ({
      tokens: tokens.map((token) => token % 10),
      supervised,
    }));
    const heldOut = (events: TrainEvent[]) =>
      events.flatMap((event) => (event.type === 'heldout-end' ? [event] : []));
    const without = heldOut(await collect(settings()));
    const generous = heldOut(await collect({ ...settings(), retained: { examples, maxRise: 1000 } }));
    const strict = await collect({ ...settings(), retained: { examples, maxRise: 1e-9 } });
    expect(without.map(({ retainedRise }) => retainedRise)).toEqual(without.map(() => null));
    expect(generous.map(({ loss, best }) => [loss, best])).toEqual(
      without.map(({ loss, best }) => [loss, best]),
    );
    expect(generous[0]!.retainedRise).toBe(0);
    expect(generous.at(-1)!.retainedRise).toBeGreaterThan(0.01);
    expect(heldOut(strict).map(({ loss }) => loss)).toEqual(without.map(({ loss }) => loss));
    expect(heldOut(strict).map(({ best }) => best)).toEqual([true, false, false, false]);
    expect(strict.at(-1)).toMatchObject({ type: 'train-end', bestStep: 0 });
  });

  test('stops early when the validation loss stops falling', async () => {
    // Validation data that contradicts the training data can only get worse.
    const validation = patternExamples(6, 3).map(({ tokens, supervised }) => ({
      tokens: tokens.toReversed(),
      supervised,
    }));
    const events = await collect({ ...settings(), validation, steps: 200, patience: 2 });
    const { reason, step, bestStep } = ending(events);
    expect(reason).toBe('early-stop');
    expect(step - bestStep).toBeGreaterThanOrEqual(8);
    expect(step).toBeLessThan(200);
  });

  test('a budget ends the run in time', async () => {
    const started = performance.now();
    const { steps: _, ...unbounded } = settings();
    const events = await collect({ ...unbounded, budgetMs: 1500, maxEpochs: 100_000, patience: 1000 });
    expect(ending(events).reason).toBe('budget');
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(events.some((event) => event.type === 'plan')).toBe(true);
  });
});

describe('packing', () => {
  test('an example scores the same alone and packed beside others', async () => {
    const examples = patternExamples(7, 4);
    const adapter = ending(await collect(settings())).adapter;
    const packed = await scoreExamples(base, adapter, examples, { sequenceLength: 64, rows: 2, threads: 1 });
    for (const [i, example] of examples.entries()) {
      const [alone] = await scoreExamples(base, adapter, [example], {
        sequenceLength: 32,
        rows: 1,
        threads: 1,
      });
      for (const [t, nll] of alone!.nll.entries()) expect(packed[i]!.nll[t]).toBeCloseTo(nll, 4);
    }
  });

  test('only supervised tokens are scored', async () => {
    const [example] = patternExamples(1, 4);
    const supervised = new Uint8Array(example!.tokens.length);
    supervised[3] = 1;
    const [score] = await scoreExamples(base, null, [{ tokens: example!.tokens, supervised }], {
      sequenceLength: 32,
    });
    expect([...score!.nll].filter((nll) => nll !== 0)).toHaveLength(1);
    expect(score!.nll[3]).toBeGreaterThan(0);
  });
});

describe('checkpoints', () => {
  test('a run stopped at any step goes on to the same losses and the same adapter', async () => {
    const whole = await collect(settings());
    for (const stopAt of [1, 4, 7]) {
      const options = {
        ...settings(),
        checkpointDirectory: join(directory, `stop-${stopAt}`),
        checkpointEveryMs: 0,
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
    const options = { ...settings(), checkpointDirectory: join(directory, 'other'), checkpointEveryMs: 0 };
    await collect(options);
    await expect(collect({ ...options, learningRate: 1e-4 })).rejects.toMatchObject({
      code: 'train.other-checkpoint',
    });
    await expect(collect({ ...options, train: patternExamples(41, 1) })).rejects.toMatchObject({
      code: 'train.other-checkpoint',
    });
    const file = join(options.checkpointDirectory, 'checkpoint.safetensors');
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

describe('bad input', () => {
  const bad: [string, Partial<TrainOptions>, string][] = [
    ['rank 0', { adapter: { rank: 0 } }, 'train.bad-option'],
    ['negative learning rate', { learningRate: -1 }, 'train.bad-option'],
    ['unknown module', { adapter: { targetModules: ['w1' as 'q_proj'] } }, 'train.bad-option'],
    ['no module', { adapter: { targetModules: [] } }, 'train.bad-option'],
    ['row longer than the context', { sequenceLength: 1024 }, 'train.bad-option'],
    ['dropout 1', { adapter: { dropout: 1 } }, 'train.bad-option'],
    ['no examples', { train: [] }, 'train.no-examples'],
    ['example longer than a row', { sequenceLength: 8 }, 'train.example-too-long'],
    [
      'nothing supervised',
      { train: [{ tokens: Int32Array.of(1, 2), supervised: Uint8Array.of(1, 0) }] },
      'train.nothing-supervised',
    ],
    [
      'token outside the vocabulary',
      { train: [{ tokens: Int32Array.of(1, 9999), supervised: new Uint8Array(2).fill(1) }] },
      'train.bad-example',
    ],
    [
      'example of one token',
      { train: [...patternExamples(2, 1), { tokens: Int32Array.of(1), supervised: new Uint8Array(1) }] },
      'train.bad-example',
    ],
  ];
  test.each(bad)('%s', async (_name, change, code) => {
    await expect(collect({ ...settings(), ...change })).rejects.toMatchObject({ code });
  });

  test('two trainers do not share a directory; what a dead one left is taken over', async () => {
    const checkpointDirectory = join(directory, 'shared');
    const running = train({ ...settings(), checkpointDirectory });
    await running.next();
    await running.next();
    await expect(collect({ ...settings(), checkpointDirectory })).rejects.toMatchObject({
      code: 'train.directory-in-use',
    });
    await running.return(undefined);
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(
      join(checkpointDirectory, 'trainer.lock'),
      JSON.stringify({ pid: dead, processStart: '1' }),
    );
    expect(ending(await collect({ ...settings(), checkpointDirectory })).reason).toBe('steps');
  });
});

describe('memory', () => {
  test('a budget too small for one row says how much that needs', async () => {
    await expect(collect({ ...settings(), memoryBudgetBytes: 1e6 })).rejects.toMatchObject({
      code: 'train.memory-budget',
      message: expect.stringMatching(/needs about \d+ MB .* the budget is 1 MB/),
    });
  });

  test('under pressure products are computed again, then fewer rows at once, to the same losses; then it stops with a checkpoint', async () => {
    const options = { ...settings(), precision: 'float32' as const, keep: true, rows: 4, steps: 40 };
    const whole = losses(await collect(options));
    let used = 0;
    const checkpointDirectory = join(directory, 'pressure');
    const events = await collect(
      { ...options, checkpointDirectory, memoryBudgetBytes: 1e9, memoryUsed: () => used },
      (event) => {
        if (event.type === 'step-end' && event.step % 5 === 0) used = 1e9 + event.step;
      },
    );
    expect(events.filter((event) => event.type === 'lighten')).toEqual([
      { type: 'lighten', rows: 4, keep: false },
      { type: 'lighten', rows: 2, keep: false },
      { type: 'lighten', rows: 1, keep: false },
    ]);
    expect(ending(events)).toMatchObject({ reason: 'memory', step: 20 });
    for (const [i, loss] of losses(events).entries()) expect(loss).toBeCloseTo(whole[i]!, 3);
    const resumed = await collect({ ...options, checkpointDirectory });
    expect(resumed.find((event) => event.type === 'resume')).toEqual({ type: 'resume', step: 20 });
  });
});

describe('a loss that explodes', () => {
  const wild = (): TrainOptions => ({
    ...settings(),
    schedule: 'constant',
    maxGradientNorm: Number.POSITIVE_INFINITY,
    checkpointDirectory: join(directory, `wild-${Math.random()}`),
  });

  test('turns back to the last checkpoint with half the learning rate, once; then it is a clear failure', async () => {
    const events: TrainEvent[] = [];
    const run = collect({ ...wild(), learningRate: 1e20 }, (event) => events.push(event));
    await expect(run).rejects.toMatchObject({ code: 'train.diverged' });
    const turned = events.filter((event) => event.type === 'turn-back');
    expect(turned).toEqual([
      { type: 'turn-back', step: expect.any(Number), toStep: 0, learningRateFactor: 0.5 },
    ]);
  });

  test('that half the learning rate cures ends as a whole run of half the learning rate does', async () => {
    // The first step alone is poisoned: a run that has turned back must look like one that began with the halved rate.
    const poisoned = { ...wild(), learningRate: 2e-2, frozen: await loadFrozenWeights(base) };
    const cured = losses(await collect({ ...wild(), learningRate: 1e-2 }));
    const seen = losses(await collect(poisoned, poisonOnce(poisoned)));
    expect(seen.slice(-cured.length)).toEqual(cured);
  });
});

/** Makes the next loss infinite once, after the first step, through the frozen table that all steps read. */
function poisonOnce(options: TrainOptions): (event: TrainEvent) => void {
  const norm = options.frozen!.outputNorm.data as Float32Array;
  const whole = norm.slice();
  let poisoned = false;
  return (event) => {
    if (event.type === 'step-end' && !poisoned) norm.fill(Number.NaN);
    if (event.type === 'step-end') poisoned = true;
    if (event.type === 'turn-back') norm.set(whole);
  };
}
