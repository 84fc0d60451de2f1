import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BaseModel, loadBaseModel } from '../transformer/base-model.js';
import { PIECE } from '../transformer/decoder/token-pieces.js';
import { goldenPath } from './golden.fixture.js';
import {
  collect,
  ending,
  FLOAT32,
  losses,
  patternExamples,
  patternTraining,
} from './pattern-training.fixture.js';
import { meanLoss, scoreExamples } from './scoring/score.js';
import type { TrainOptions } from './settings/train-options.js';
import { train } from './train.js';
import type { TrainEvent } from './train-events.js';

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

const settings = () => patternTraining(base);
/** Of tokens that training never shows: it makes them less likely. */
const neverShown = () =>
  patternExamples(6, 3).map(({ tokens, supervised }) => ({
    tokens: tokens.map((token) => token % 10),
    supervised,
  }));

describe('training', () => {
  test('learns, and keeps the best state it saw', async () => {
    const options = settings();
    const events = await collect(options);
    const evaluations = events.filter((event) => event.type === 'validation-end');
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
    const exact = { ...settings(), machine: FLOAT32 };
    const batch = { sequenceLength: 32, rows: 4, accumulation: 1 };
    const wide = losses(await collect({ ...exact, batch }));
    const accumulated = losses(await collect({ ...exact, batch: { ...batch, rows: 2, accumulation: 2 } }));
    for (const [i, loss] of wide.entries()) expect(accumulated[i]).toBeCloseTo(loss, 4);
  });

  test.each([
    { dropout: 0.2, activations: 'recompute' as const },
    { dropout: 0.2, activations: 'keep' as const },
    { dropout: 0, activations: 'keep' as const },
  ])('rows that are computed in pieces learn what single rows do: %o', async ({ dropout, activations }) => {
    // More tokens at once than a piece holds; the border between the two pieces lies within the second row.
    const sequenceLength = 200;
    expect(Math.ceil((3 * sequenceLength) / PIECE)).toBe(2);
    const adapter = { rank: 4, alpha: 8, dropout };
    const exact = { ...settings(), adapter, steps: 6, machine: { ...FLOAT32, activations } };
    const batch = { sequenceLength, rows: 3, accumulation: 1 };
    const pieces = losses(await collect({ ...exact, batch }));
    const single = losses(await collect({ ...exact, batch: { ...batch, rows: 1, accumulation: 3 } }));
    expect(pieces).toHaveLength(6);
    for (const [i, loss] of pieces.entries()) expect(single[i]).toBeCloseTo(loss, 4);
  });

  test('trains only the modules it is told to', async () => {
    const adapter = { rank: 2, alpha: 4, targetModules: ['q_proj', 'v_proj'] as const };
    const { adapter: trained } = ending(await collect({ ...settings(), adapter }));
    expect(Object.keys(trained.blocks[0]!)).toEqual(['q_proj', 'v_proj']);
    expect(trained.blocks[0]!.v_proj!.b.some((value) => value !== 0)).toBe(true);
  });

  test('a state that forgets what is to be retained is never the best, however good it is otherwise', async () => {
    const examples = neverShown();
    const validations = (events: TrainEvent[]) =>
      events.flatMap((event) => (event.type === 'validation-end' ? [event] : []));
    // In float32: how much is forgotten must not depend on how this CPU multiplies integers.
    const exact = { ...settings(), machine: FLOAT32 };
    const retaining = (maxRise: number) => ({ everySteps: 4, retained: { examples, maxRise } });
    const without = validations(await collect(exact));
    const generous = validations(await collect({ ...exact, evaluation: retaining(1000) }));
    const strict = await collect({ ...exact, evaluation: retaining(1e-9) });
    expect(without.map(({ retainedRise }) => retainedRise)).toEqual(without.map(() => null));
    expect(generous.map(({ loss, best }) => [loss, best])).toEqual(
      without.map(({ loss, best }) => [loss, best]),
    );
    expect(generous[0]!.retainedRise).toBe(0);
    expect(generous.at(-1)!.retainedRise).toBeGreaterThan(0.01);
    expect(validations(strict).map(({ loss }) => loss)).toEqual(without.map(({ loss }) => loss));
    expect(validations(strict).map(({ best }) => best)).toEqual([true, false, false, false]);
    expect(strict.at(-1)).toMatchObject({ type: 'train-end', bestStep: 0 });
  });

  test('of a state that forgets, so much is kept as does not', async () => {
    const examples = neverShown();
    const exact = { ...settings(), machine: FLOAT32 };
    const retaining = (maxRise: number) => ({ everySteps: 1000, retained: { examples, maxRise } });
    const lastOf = (events: TrainEvent[]) => events.findLast((event) => event.type === 'validation-end')!;
    const generous = await collect({ ...exact, evaluation: retaining(1000) });
    const maxRise = lastOf(generous).retainedRise! / 2;
    const mild = await collect({ ...exact, evaluation: retaining(maxRise) });
    const { strength, best, loss, retainedRise } = lastOf(mild);
    expect(strength).toBeGreaterThan(0.4);
    expect(strength).toBeLessThan(1);
    expect(best).toBe(true);
    expect(retainedRise).toBeLessThanOrEqual(maxRise);
    expect(loss).toBeGreaterThan(lastOf(generous).loss);
    const [whole, part] = [generous, mild].map((events) => ending(events).adapter.blocks[0]!.v_proj!);
    expect(part!.a).toEqual(whole!.a);
    expect(part!.b).toEqual(whole!.b.map((value) => value * strength));
    // What is told is what the adapter that is kept does.
    const { adapter, validationLoss } = ending(mild);
    const scores = await scoreExamples(base, adapter, exact.validation, { sequenceLength: 32, threads: 1 });
    expect(validationLoss).toBe(loss);
    expect(meanLoss(scores, exact.validation)).toBeCloseTo(loss, 5);
  });

  test('a start that forgets too is evaluated once, and stopping and going on uses up no patience', async () => {
    const examples = neverShown();
    const exact = { ...settings(), machine: FLOAT32 };
    const { adapter: initial } = ending(await collect(exact));
    const options: TrainOptions = {
      ...exact,
      adapter: { initial },
      evaluation: { everySteps: 6, patience: 3, retained: { examples, maxRise: 1e-9 } },
      steps: 9,
      checkpoint: { directory: join(directory, 'forgets'), everyMs: 0 },
    };
    const all: TrainEvent[] = [];
    for (const stopAt of [1, 2, 3, 4, null]) {
      const stop = new AbortController();
      const events = await collect({ ...options, signal: stop.signal }, (event) => {
        if (event.type === 'step-end' && event.step === stopAt) stop.abort();
      });
      all.push(...events);
    }
    const evaluated = all.flatMap((event) => (event.type === 'validation-end' ? [event] : []));
    expect(evaluated.map(({ step, best }) => [step, best])).toEqual([
      [0, false],
      [6, false],
      [9, false],
    ]);
    expect(losses(all)).toHaveLength(9);
  });

  test('stops early when the validation loss stops falling', async () => {
    // Validation data that contradicts the training data can only get worse.
    const validation = patternExamples(6, 3).map(({ tokens, supervised }) => ({
      tokens: tokens.toReversed(),
      supervised,
    }));
    const events = await collect({
      ...settings(),
      validation,
      steps: 200,
      evaluation: { everySteps: 4, patience: 2 },
    });
    const { reason, step, bestStep } = ending(events);
    expect(reason).toBe('early-stop');
    expect(step - bestStep).toBeGreaterThanOrEqual(8);
    expect(step).toBeLessThan(200);
  });

  test('a budget ends the run in time', async () => {
    const started = performance.now();
    const { steps: _, ...unbounded } = settings();
    const events = await collect({
      ...unbounded,
      budgetMs: 1500,
      maxEpochs: 100_000,
      evaluation: { everySteps: 4, patience: 1000 },
    });
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

describe('the result', () => {
  test('comes without a look at the events, and after it', async () => {
    const short = { ...settings(), steps: 3 };
    const alone = await train(short).result();
    const training = train(short);
    const events: TrainEvent[] = [];
    for await (const event of training) events.push(event);
    const { type: _type, ...last } = ending(events);
    expect(await training.result()).toEqual(last);
    expect(alone).toEqual(last);
  });

  test('of a training that was left is an error, and so is that of bad options', async () => {
    const left = train(settings());
    for await (const event of left) if (event.type === 'step-end') break;
    await expect(left.result()).rejects.toMatchObject({ code: 'train.aborted' });
    await expect(train({ ...settings(), examples: [] }).result()).rejects.toMatchObject({
      code: 'train.no-examples',
    });
  });
});

describe('bad input', () => {
  const bad: [string, Partial<TrainOptions>, string][] = [
    ['rank 0', { adapter: { rank: 0 } }, 'train.bad-option'],
    ['negative learning rate', { optimizer: { learningRate: -1 } }, 'train.bad-option'],
    ['unknown module', { adapter: { targetModules: ['w1' as 'q_proj'] } }, 'train.bad-option'],
    ['no module', { adapter: { targetModules: [] } }, 'train.bad-option'],
    ['row longer than the context', { batch: { sequenceLength: 1024 } }, 'train.bad-option'],
    ['dropout 1', { adapter: { dropout: 1 } }, 'train.bad-option'],
    ['no examples', { examples: [] }, 'train.no-examples'],
    ['example longer than a row', { batch: { sequenceLength: 8 } }, 'train.example-too-long'],
    [
      'nothing supervised',
      { examples: [{ tokens: Int32Array.of(1, 2), supervised: Uint8Array.of(1, 0) }] },
      'train.nothing-supervised',
    ],
    [
      'token outside the vocabulary',
      { examples: [{ tokens: Int32Array.of(1, 9999), supervised: new Uint8Array(2).fill(1) }] },
      'train.bad-example',
    ],
    [
      'example of one token',
      { examples: [...patternExamples(2, 1), { tokens: Int32Array.of(1), supervised: new Uint8Array(1) }] },
      'train.bad-example',
    ],
  ];
  test.each(bad)('%s', async (_name, change, code) => {
    await expect(collect({ ...settings(), ...change })).rejects.toMatchObject({ code });
  });

  test('two trainers do not share a directory; what a dead one left is taken over', async () => {
    const checkpoint = { directory: join(directory, 'shared') };
    const running = train({ ...settings(), checkpoint })[Symbol.asyncIterator]();
    await running.next();
    await running.next();
    await expect(collect({ ...settings(), checkpoint })).rejects.toMatchObject({
      code: 'train.directory-in-use',
    });
    await running.return(undefined);
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(
      join(checkpoint.directory, 'trainer.lock'),
      JSON.stringify({ pid: dead, processStart: '1' }),
    );
    expect(ending(await collect({ ...settings(), checkpoint })).reason).toBe('steps');
  });
});

describe('memory', () => {
  test('a budget too small for one row says how much that needs', async () => {
    await expect(collect({ ...settings(), machine: { memoryBudgetBytes: 1e6 } })).rejects.toMatchObject({
      code: 'train.memory-budget',
      message: expect.stringMatching(/needs about \d+ MB .* the budget is 1 MB/),
    });
  });

  test('under pressure products are computed again, then fewer rows at once, to the same losses; then it stops with a checkpoint', async () => {
    const batch = { sequenceLength: 32, rows: 4, accumulation: 1 };
    const options = { ...settings(), machine: FLOAT32, batch, steps: 40 };
    const whole = losses(await collect(options));
    let used = 0;
    const checkpoint = { directory: join(directory, 'pressure') };
    const events = await collect(
      { ...options, checkpoint, machine: { ...FLOAT32, memoryBudgetBytes: 1e9, memoryUsed: () => used } },
      (event) => {
        if (event.type === 'step-end' && event.step % 5 === 0) used = 1e9 + event.step;
      },
    );
    expect(events.filter((event) => event.type === 'lighten')).toEqual([
      { type: 'lighten', rows: 4, activations: 'recompute', singleCopy: false },
      { type: 'lighten', rows: 2, activations: 'recompute', singleCopy: false },
      { type: 'lighten', rows: 1, activations: 'recompute', singleCopy: false },
    ]);
    expect(ending(events)).toMatchObject({ reason: 'memory', step: 20 });
    for (const [i, loss] of losses(events).entries()) expect(loss).toBeCloseTo(whole[i]!, 3);
    const resumed = await collect({ ...options, checkpoint });
    expect(resumed.find((event) => event.type === 'resume')).toEqual({ type: 'resume', step: 20 });
  });

  test('after the last step memory is no matter: the run is complete', async () => {
    const pressed = { ...FLOAT32, memoryBudgetBytes: 1e9, memoryUsed: () => 2e9 };
    const ended = await collect({ ...settings(), steps: 1, machine: pressed });
    expect(ended.some((event) => event.type === 'lighten')).toBe(false);
    // One row at once, its products computed again: nothing lighter is left.
    const lightest = {
      machine: { ...pressed, activations: 'recompute' as const },
      batch: { sequenceLength: 32, rows: 1 },
    };
    expect(ending(await collect({ ...settings(), ...lightest, steps: 1 })).reason).toBe('steps');
    expect(ending(await collect({ ...settings(), ...lightest, steps: 2 })).reason).toBe('memory');
  });
});
