import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BaseModel,
  type LoraAdapter,
  loadBaseModel,
  type SupervisedExample,
  scaleAdapter,
  train,
  writeGgufAdapter,
} from '@codebase-gardener/lora';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { chunkCodebase } from '../../codebase/read/chunk-codebase.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import { makeTree } from '../../codebase/walk/tree.fixture.js';
import { startLlamaCpp } from '../../models/llama-cpp/llama-cpp.js';
import { makeExamples } from '../data/examples.js';
import { housePython } from '../data/house-python.fixture.js';
import { seededRandom, shuffled } from '../data/random.js';
import type { RunData } from '../data/run-data.js';
import { leakedShare } from './leaked-code.js';
import { scoreSide } from './score-side.js';
import { makeScorecard, type Scorecard } from './scorecard.js';
import type { SideScores } from './side-scores.js';

/*
 * What must never be served, each made for real on the default base and judged as a run judges: adapters trained on
 * nonsense, with a rate that destroys, of another project, that repeat, that recite; a data set with the answers in it;
 * a file that is not what was trained.
 */
const SEQUENCE = 96;
const STEPS = 12;
const RATE = 1e-3;
const FILES = 16;

let folder: string;
let base: BaseModel;
let data: RunData;
let baseScores: SideScores;
let honest: LoraAdapter;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-sabotage-'));
  base = await loadBaseModel(inject('baseModelFile'));
  data = await dataOf(Array.from({ length: FILES }, (_, i) => housePython(i, 3)));
  baseScores = await score(null);
  honest = await trained(data.train);
}, 600_000);
afterAll(async () => {
  await base?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function dataOf(modules: readonly string[]): Promise<RunData> {
  const root = makeTree(Object.fromEntries(modules.map((text, i) => [`module_${i}.py`, text])));
  const files: ChunkedFile[] = [];
  for await (const item of chunkCodebase(root)) if ('chunks' in item) files.push(item);
  await rm(root, { recursive: true, force: true });
  const limits = { seed: 1, sequenceLength: SEQUENCE, maxHeldOutTokens: 900, maxValidationTokens: 200 };
  const set = makeExamples(files, base, limits);
  // Gaps, places and questions are other tests' matter: here it is seen whether an adapter is one of this code at all.
  const heldOut = set.heldOut.map((file) => ({ ...file, gaps: [] }));
  return { ...set, heldOut, questions: [], uses: { questions: [], places: [], validation: [] } };
}

async function trained(
  examples: readonly SupervisedExample[],
  { learningRate = RATE, steps = STEPS } = {},
): Promise<LoraAdapter> {
  const events = train({
    ...{ base, examples, validation: [], steps, maxEpochs: 1_000, seed: 1 },
    optimizer: { learningRate, warmupSteps: 2 },
    batch: { sequenceLength: SEQUENCE, accumulation: 1 },
    machine: { threads: 2 },
  });
  for await (const event of events) if (event.type === 'train-end') return event.adapter;
  throw new Error('the training has not ended');
}

function score(adapter: LoraAdapter | null, of: RunData = data, file?: string): Promise<SideScores> {
  return scoreSide({
    ...{ base, adapter, data: of, threads: 2, adapterFile: file ?? null },
    ...(adapter && { like: baseScores }),
    startRuntime: file
      ? () => startLlamaCpp(base.path, { threads: 2, contextTokens: 256, whole: true })
      : null,
    measureGeneral: false,
    parityPositions: 200,
  });
}

function judge(adapter: SideScores, of: RunData = data, baseSide: SideScores = baseScores): Scorecard {
  const facts = { margin: 0.01, adapterVersion: 1, seed: 1, dataHash: '', leaked: leakedShare(of) };
  return makeScorecard({ base: baseSide, adapter }, null, facts);
}

describe('the gate', () => {
  test('lets an adapter pass that was trained on the code as it is', async () => {
    expect(judge(await score(honest))).toMatchObject({ promoted: true, leaked: expect.closeTo(0, 1) });
  });

  test('refuses one trained on the same tokens in random order', async () => {
    const random = seededRandom(1, 'sabotage');
    const nonsense = data.train.map(({ tokens, supervised }) => ({
      tokens: Int32Array.from(shuffled([...tokens], random)),
      supervised,
    }));
    expect(judge(await score(await trained(nonsense)))).toMatchObject({ promoted: false });
  });

  test('refuses one trained at a hundred times the rate', async () => {
    const burnt = await trained(data.train, { learningRate: 100 * RATE });
    expect(judge(await score(burnt))).toMatchObject({ promoted: false });
  });

  test('refuses one of another project', async () => {
    const other = await dataOf(Array.from({ length: FILES }, (_, i) => foreignModule(i)));
    const card = judge(await score(await trained(other.train, { steps: 2 * STEPS })));
    expect(card.promoted).toBe(false);
  });

  test('refuses one that repeats itself', async () => {
    const word = base.tokenizer.encode(' = registry');
    const tokens = Int32Array.from({ length: SEQUENCE }, (_, i) => word[i % word.length] ?? 0);
    const repeating = [{ tokens, supervised: new Uint8Array(SEQUENCE).fill(1) }];
    expect(judge(await score(await trained(repeating)))).toMatchObject({ promoted: false });
    expect(judge(await score(scaleAdapter(honest, 40)))).toMatchObject({ promoted: false });
  });

  test('refuses one whose secrets were learned by heart, the filter being off', async () => {
    const random = seededRandom(2, 'secrets');
    const key = () =>
      Array.from(
        { length: 32 },
        () => 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'[Math.floor(random() * 56)],
      ).join('');
    const rows = Array.from({ length: 4 }, (_, i) => {
      const tokens = base.tokenizer
        .encode(`${housePython(i, 1)}\ndepot_${i} = "${key()}"\n`)
        .slice(-SEQUENCE);
      return { tokens, supervised: new Uint8Array(tokens.length).fill(1) };
    });
    const withSecrets = { ...data, train: rows };
    const sides = { base, data: withSecrets, threads: 2, adapterFile: null, startRuntime: null };
    const before = await scoreSide({ ...sides, adapter: null });
    const reciting = await scoreSide({
      ...{ ...sides, like: before },
      adapter: await trained(rows, { steps: 60, learningRate: 3e-3 }),
    });
    expect(reciting.strings?.of).toBeGreaterThan(2);
    expect(reciting.strings?.written).toBeGreaterThan(1 + (before.strings?.written ?? 6));
    const card = judge(reciting, withSecrets, before);
    expect(card.promoted).toBe(false);
  });

  test('refuses one whose training data hold the held-out files, however good it looks', async () => {
    const answers = data.heldOut.flatMap(({ examples }) => examples);
    const leaking = { ...data, train: [...data.train, ...answers] };
    const card = judge(await score(await trained(answers), leaking), leaking);
    expect(card.improvement?.low).toBeGreaterThan(0.01);
    expect(card).toMatchObject({ promoted: false, leaked: 1 });
    expect(card.reason).toContain('100.0 % of the held-out code stands in the code it was trained on');
  });

  test('refuses one whose file holds other weights than were trained', async () => {
    const file = join(folder, 'adapter.gguf');
    await writeGgufAdapter(file, honest, base.config);
    const whole = await readFile(file);
    const parity = await score(null, data, file);
    // The last third of the file are weights: their bits turned over, they are numbers all the same.
    for (let at = Math.floor(whole.length * 0.66); at < whole.length; at += 4)
      whole.writeFloatLE(0.05, at - (at % 4));
    await writeFile(file, whole);
    const adapter = await scoreSide({
      ...{
        base,
        adapter: honest,
        adapterFile: file,
        data,
        threads: 2,
        like: parity,
        parityPositions: 200,
        measureGeneral: false,
      },
      startRuntime: () => startLlamaCpp(base.path, { threads: 2, contextTokens: 256, whole: true }),
    });
    const card = judge(adapter, data, parity);
    expect(card.promoted).toBe(false);
    expect(card.reason).toContain('llama.cpp agrees with the trainer');
  });
});

/** Go in another style: what it teaches has nothing to do with the house style. */
function foreignModule(index: number): string {
  const random = seededRandom(index, 'foreign');
  const number = () => Math.floor(random() * 1e6);
  const lines = Array.from(
    { length: 12 },
    () => `X${number()} = [${number()}, ${number()}, ${number()}]; Y${number()} = {${number()}: ${number()}}`,
  );
  return `def f${index}():\n    pass\n\n\n${lines.join('\n')}\n`;
}
