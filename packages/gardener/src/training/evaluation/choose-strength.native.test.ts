import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BaseModel,
  type LoraAdapter,
  loadBaseModel,
  readGgufAdapter,
  type SupervisedExample,
  scaleAdapter,
  scoreExamples,
} from '@codebase-gardener/lora';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { writeRandomAdapter } from '../../models/llama-cpp/adapter.fixture.js';
import { best, chooseStrength, milder, STRENGTHS, type StrengthOptions } from './choose-strength.js';
import { meanNll } from './statistics/file-sums.js';

let folder: string;
let base: BaseModel;
let adapter: LoraAdapter;
let options: StrengthOptions;

const window = (seed: number) => ({
  tokens: Int32Array.from({ length: 100 }, (_, i) => (i * (seed + 3) + seed) % 250),
  supervised: new Uint8Array(100).fill(1),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-strength-'));
  base = await loadBaseModel(inject('tinyBaseFile'));
  const file = join(folder, 'adapter.gguf');
  await writeRandomAdapter(file, inject('tinyBaseFile'), 1, 1);
  adapter = await readGgufAdapter(file, base.config);
  const validation = [1, 2, 3, 4, 5, 6].map(window);
  options = {
    ...{ base, adapter, validation, general: null },
    ...{ sequenceLength: 128, threads: 1, limitMs: 1e6, msPerToken: 1 },
  };
});
afterAll(async () => {
  await base?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('each strength is scored on validation files, and the best one is taken', async () => {
  const told: [number, number][] = [];
  const choice = await chooseStrength({ ...options, onProgress: (...progress) => told.push(progress) });
  expect(told.at(-1)).toEqual([300, 300]);
  expect(choice.losses.map(({ strength }) => strength)).toEqual([...STRENGTHS]);
  expect(choice).toEqual(best(choice.losses));
  // What is scored at 0.5 lies between the base and the whole adapter in the weights: half of alpha.
  const half = scaleAdapter(adapter, 0.5);
  expect(half.config.alpha).toBe(adapter.config.alpha / 2);
  const scores = await scoreExamples(base, half, options.validation, { sequenceLength: 128, threads: 1 });
  expect(choice.losses[2]?.loss).toBeCloseTo(meanNll(options.validation, scores), 5);
  expect(new Set(choice.losses.map(({ loss }) => loss)).size).toBe(3);
});

test('with too little time or too little code it stays as it was trained, and says so', async () => {
  const hurried = await chooseStrength({ ...options, limitMs: 100 });
  expect(hurried).toEqual({ strength: 1, losses: [], reason: expect.stringContaining('no time') });
  const few = await chooseStrength({ ...options, validation: options.validation.slice(0, 1) });
  expect(few).toEqual({ strength: 1, losses: [], reason: expect.stringContaining('too few') });
});

test('a sample is spread over the files and small enough for the time', async () => {
  // 3 passes of 350 tokens: three of the six windows, as far apart as they go.
  const choice = await chooseStrength({ ...options, limitMs: 1_050 });
  const every = [0, 1, 3].flatMap((at) => options.validation[at] ?? []);
  const scores = await scoreExamples(base, adapter, every, { sequenceLength: 128, threads: 1 });
  expect(choice.losses[0]?.loss).toBeCloseTo(meanNll(every, scores), 5);
});

describe('general code', () => {
  const meanAt = async (strength: number, examples: SupervisedExample[]) => {
    const scaled = scaleAdapter(adapter, strength);
    return meanNll(
      examples,
      await scoreExamples(base, scaled, examples, { sequenceLength: 128, threads: 1 }),
    );
  };

  test('is scored at the strength chosen; where it is forgotten, less is taken, and the reason says so', async () => {
    const examples = [7, 8].map(window);
    const { strength, losses } = await chooseStrength(options);
    const baseLoss = (await meanAt(strength, examples)) / 1.1;
    const choice = await chooseStrength({ ...options, general: { examples, baseLoss } });
    expect(choice).toEqual(milder(best(losses), 0.1));
    expect(choice.reason).toContain("general code is 10.0 % above the base's, more than 3 %");
    const kept = await chooseStrength({ ...options, general: { examples, baseLoss: baseLoss * 1.1 } });
    expect(kept).toEqual(best(losses));
  });

  test('takes no time from what is compared: it is left out where not all fits', async () => {
    const examples = [7, 8].map(window);
    const general = { examples, baseLoss: 1e-9 };
    // Three passes of 300 tokens, and 200 of general code.
    expect((await chooseStrength({ ...options, general, limitMs: 1_099 })).reason).not.toContain(
      'general code',
    );
    expect((await chooseStrength({ ...options, general, limitMs: 1_100 })).reason).toContain('general code');
  });
});
