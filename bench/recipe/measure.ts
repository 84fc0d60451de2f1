import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BaseModel,
  type ExampleScore,
  type FrozenWeights,
  type LoraAdapter,
  loadFrozenWeights,
  type SupervisedExample,
  scaleAdapter,
  scoreExamples,
  train,
} from '@codebase-gardener/lora';
import { type History, readHistory } from '../../packages/gardener/src/codebase/history/read-history.js';
import { isCode } from '../../packages/gardener/src/codebase/languages/languages.js';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { type ChunkedFile, isChunkedFile } from '../../packages/gardener/src/codebase/read/chunked-file.js';
import { type ExampleSet, makeExamples } from '../../packages/gardener/src/training/data/examples.js';
import { generalCodeSample } from '../../packages/gardener/src/training/data/general-code-examples.js';
import { meanNll } from '../../packages/gardener/src/training/evaluation/statistics/file-sums.js';
import { suitedLearningRate } from '../../packages/gardener/src/training/run/stages/train-settings.js';
import { AverageState } from './average-states.js';
import type { Recipe } from './factors.js';

/** Summed losses of one held-out file, nats, and the tokens they are of. */
export interface FileLoss {
  path: string;
  nll: number;
  tokens: number;
  /** Of the fillings of its gaps. */
  gapNll: number;
  gapTokens: number;
}

/** What one training came to. */
export interface Outcome {
  files: FileLoss[];
  /** Nats per token on general code. */
  generalLoss: number;
  steps: number;
  /** Tokens a second over the last steps; what else the machine did counts. */
  tokensPerSecond: number | null;
}

/** A codebase and a base, opened once for all trainings. */
export interface Bench {
  base: BaseModel;
  frozen: FrozenWeights;
  files: ChunkedFile[];
  /** Null where there is none: packages come without. */
  history: History | null;
  sequenceLength: number;
  threads: number;
  /** Tokens of windows, and of gaps, that are scored at most. */
  scoredTokens: number;
  /** The last training, of which other strengths may be asked. */
  last: { key: string; trained: Trained } | null;
}

interface Trained {
  adapter: LoraAdapter;
  tokensPerSecond: number | null;
}

/** Whether a recipe can be measured: rows of commits need a history. */
export function canMeasure({ history }: Bench, { rows }: Recipe): boolean {
  return rows.commits === 0 || (history?.commits.length ?? 0) > 0;
}

const SEED = 1;
const WARMUP_STEPS = 10;
const MAX_VALIDATION_TOKENS = 1_000;

/** Reads a codebase and a base. */
export async function openBench(
  root: string,
  base: BaseModel,
  options: Pick<Bench, 'sequenceLength' | 'threads' | 'scoredTokens'>,
): Promise<Bench> {
  const files: ChunkedFile[] = [];
  for await (const item of chunkCodebase(root))
    if (isChunkedFile(item) && isCode(item.language)) files.push(item);
  const history = await readHistory(root);
  return { base, frozen: await loadFrozenWeights(base), files, history, last: null, ...options };
}

/**
 * Trains so many rows by a recipe and scores held-out files, which are the same for every recipe.
 * @param rows 0 for the base alone
 */
export async function measureRecipe(bench: Bench, recipe: Recipe, rows: number): Promise<Outcome> {
  const { base, sequenceLength, files, history } = bench;
  const setOf = (length: number) =>
    makeExamples(files, base, {
      ...{ seed: SEED, sequenceLength: length, instructionShare: recipe.instructionShare },
      ...{ rows: recipe.rows, history, order: recipe.order },
      ...{ maxHeldOutTokens: bench.scoredTokens, maxValidationTokens: MAX_VALIDATION_TOKENS },
      ...(recipe.gapShare !== undefined && { gapShare: recipe.gapShare }),
    });
  const set = setOf(sequenceLength);
  const { sequenceLength: length = sequenceLength } = recipe;
  const learned = length === sequenceLength ? set : setOf(length);
  const steps = Math.ceil((rows * sequenceLength) / length / recipe.accumulation);
  const trained =
    rows === 0 ? null : await trainOnce(bench, { ...recipe, sequenceLength: length }, learned, steps);
  const adapter = trained && scaleAdapter(trained.adapter, recipe.strength);
  const general = generalCodeSample(base.tokenizer, sequenceLength);
  const generalLoss = meanNll(general, await score(bench, adapter, general));
  const scored = await heldOutLosses(bench, adapter, set);
  return { files: scored, generalLoss, steps, tokensPerSecond: trained?.tokensPerSecond ?? null };
}

/** Trainings that differ in their strength alone are one. */
async function trainOnce(
  bench: Bench,
  recipe: Recipe & { sequenceLength: number },
  learned: ExampleSet,
  steps: number,
): Promise<Trained> {
  const key = JSON.stringify([{ ...recipe, strength: 1 }, steps]);
  if (bench.last?.key !== key) bench.last = { key, trained: await trainBy(bench, recipe, learned, steps) };
  return bench.last.trained;
}

async function trainBy(
  { base, threads }: Bench,
  recipe: Recipe & { sequenceLength: number },
  { train: examples }: ExampleSet,
  steps: number,
): Promise<Trained> {
  const { learningRate, rank, alpha, modules, trainedShare, optimizer, accumulation, order, seed } = recipe;
  const states = recipe.averaged === 0 ? null : await mkdtemp(join(tmpdir(), 'gardener-recipe-'));
  const average = new AverageState();
  const events = train({
    // Without validation the last state is the result: the rates fall to their end, and no recipe stops earlier.
    ...{ base, examples, validation: [], steps, maxEpochs: 1_000, seed },
    firstEpoch: order === 'drawn' ? 'shuffled' : 'given',
    adapter: {
      ...{ rank, alpha, targetModules: modules },
      trainedBlocks: Math.ceil(trainedShare * base.config.blockCount),
    },
    optimizer: {
      learningRate: learningRate ?? suitedLearningRate(base.config),
      warmupSteps: Math.min(WARMUP_STEPS, Math.ceil(steps / 4)),
      ...optimizer,
    },
    batch: { sequenceLength: recipe.sequenceLength, rows: 1, accumulation },
    // Nothing waits in a loop, so that it can run beside other work.
    machine: { spinning: false, ...(threads > 0 && { threads }) },
    ...(states !== null && { checkpoint: { directory: states, everyMs: 0 } }),
  });
  let tokensPerSecond: number | null = null;
  try {
    for await (const event of events) {
      if (event.type === 'step-end') tokensPerSecond = event.tokensPerSecond;
      if (event.type === 'checkpoint-save' && states !== null && event.step > steps * (1 - recipe.averaged))
        await average.add(states);
      if (event.type !== 'train-end') continue;
      const adapter = states === null ? event.adapter : average.adapter(base, event.adapter.config);
      return { adapter, tokensPerSecond };
    }
  } finally {
    if (states !== null) await rm(states, { recursive: true, force: true });
  }
  throw new Error('the training has not ended');
}

async function heldOutLosses(
  bench: Bench,
  adapter: LoraAdapter | null,
  { heldOut }: ExampleSet,
): Promise<FileLoss[]> {
  const windows = heldOut.flatMap(({ examples }) => examples);
  const gapsOf = firstGaps(heldOut, bench.scoredTokens);
  const gaps = gapsOf.flat();
  const scores = await score(bench, adapter, [...windows, ...gaps]);
  let next = 0;
  let nextGap = windows.length;
  return heldOut.map(({ path, examples }, index) => {
    const own = gapsOf[index] ?? [];
    const ofWindows = sumOf(examples, scores.slice(next, next + examples.length));
    const ofGaps = sumOf(own, scores.slice(nextGap, nextGap + own.length));
    next += examples.length;
    nextGap += own.length;
    return { path, ...ofWindows, gapNll: ofGaps.nll, gapTokens: ofGaps.tokens };
  });
}

/** Gap rows of each file, from the files in turn, of so many tokens together. */
function firstGaps(heldOut: ExampleSet['heldOut'], maxTokens: number): SupervisedExample[][] {
  const taken = heldOut.map((): SupervisedExample[] => []);
  const longest = Math.max(0, ...heldOut.map(({ gaps }) => gaps.length));
  let tokens = 0;
  for (let turn = 0; turn < longest; turn++) {
    for (const [index, { gaps }] of heldOut.entries()) {
      const row = gaps[turn]?.example;
      if (row === undefined || tokens >= maxTokens) continue;
      taken[index]?.push(row);
      tokens += row.tokens.length;
    }
  }
  return taken;
}

function sumOf(
  examples: readonly SupervisedExample[],
  scores: readonly ExampleScore[],
): { nll: number; tokens: number } {
  let [nll, tokens] = [0, 0];
  for (const [index, { supervised }] of examples.entries()) {
    for (const [at, loss] of scores[index]!.nll.entries()) {
      if (at === 0 || supervised[at] !== 1) continue;
      nll += loss;
      tokens++;
    }
  }
  return { nll, tokens };
}

function score(
  { base, frozen, sequenceLength, threads }: Bench,
  adapter: LoraAdapter | null,
  examples: readonly SupervisedExample[],
): Promise<ExampleScore[]> {
  if (examples.length === 0) return Promise.resolve([]);
  return scoreExamples(base, adapter, [...examples], {
    ...{ frozen, sequenceLength },
    ...(threads > 0 && { threads }),
  });
}
