import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadBaseModel } from '@codebase-gardener/lora';
import { computingProcess } from '@codebase-gardener/lora/process';
import { suitedLearningRate } from '../../packages/gardener/src/training/run/stages/train-settings.js';
import { benchCache } from '../inputs/bench-cache.js';
import { CODEBASES } from '../inputs/codebases.js';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { pythonWith } from '../python/python-with.js';
import { compiledScript } from '../training/compiled-script.js';
import type { OurRun } from '../training/training-ours.js';
import { inOrderOf, type Rows, rowsOf } from './rows.js';

/** One finished run, a line of the results. */
interface Row {
  /** The base's file, steps, tokens of a row, learning rate: what is compared has the same ones. */
  setting: string;
  engine: string;
  seed: number;
  heldOutLoss: number;
  /** Loss of every step, as the training computed it. */
  losses: number[];
  tokensPerSecond: number;
}

const run = promisify(execFile);
/** One row a step: 400 steps of 256 tokens are an epoch of 102,400 tokens. */
const STEPS = Number(process.env.BENCH_STEPS ?? 400);
const LENGTH = Number(process.env.BENCH_LENGTH ?? 256);
const HELD_OUT_ROWS = 48;
const SEEDS = (process.env.BENCH_SEEDS ?? '1,2,3').split(',').map(Number);
const CODEBASE = 'mongodb';
/** As the product trains. */
const WARMUP_STEPS = 10;
/** The engines that answer most first, so that an unfinished bench says something. */
const ENGINES = process.env.BENCH_ENGINES?.split(',') ?? [
  'int8-keep',
  'peft',
  'float32-keep',
  'int7-keep',
  'int8-recompute',
  'float32-recompute',
];
const REFERENCE = 'peft';
const BASE = 'base';
/**
 * Lines of an unfinished bench are kept here, and it goes on with what is missing; another file for another trainer.
 */
const RESULTS = process.env.BENCH_RESULTS ?? join(benchCache, 'quality.jsonl');

/**
 * Held-out loss after 400 steps (`BENCH_STEPS`) on real code: every mode of ours and HF PEFT in float32, three seeds
 * (order of the rows, start of the adapter), the same rows in the same order. Float32 scoring throughout. Nothing waits
 * in a loop, so that it can run beside other work. One JSON object a run, appended to the results, then the summary.
 */
async function main(): Promise<void> {
  const python = await pythonWith('peft');
  const baseFile = process.env.BENCH_BASE ?? (await defaultBaseModelFile());
  const directory = await mkdtemp(join(tmpdir(), 'gardener-quality-'));
  try {
    const input = await inputOf(baseFile);
    const setting = `${basename(baseFile)}, ${STEPS} steps of ${LENGTH}, rate ${input.learningRate}`;
    const done = (await finished()).filter((row) => row.setting === setting);
    for (const [seed, engine] of order()) {
      if (done.some((row) => row.seed === seed && row.engine === engine)) continue;
      const row = {
        setting,
        seed,
        ...(await measure(engine, seed, input, python, directory)),
        engine,
      };
      done.push(row);
      await appendFile(RESULTS, `${JSON.stringify(row)}\n`);
      print({ ...row, losses: row.losses.slice(-1) });
    }
    print(summary(done));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Seed by seed for the first two engines, then the others. */
function order(): [number, string][] {
  const pairs = (engines: string[]) =>
    SEEDS.flatMap((seed) => engines.map((engine): [number, string] => [seed, engine]));
  return [...pairs(ENGINES.slice(0, 2)), [0, BASE], ...pairs(ENGINES.slice(2))];
}

/** What every engine trains on and is scored on, and how. */
interface Input {
  baseFile: string;
  learningRate: number;
  train: Rows;
  heldOut: Rows;
}

async function inputOf(baseFile: string): Promise<Input> {
  const root = fetchCodebase(CODEBASES.find(({ name }) => name === CODEBASE)!);
  await using base = await loadBaseModel(baseFile);
  const counts = { train: STEPS, heldOut: HELD_OUT_ROWS };
  const rows = await rowsOf(root, '.ts', base.tokenizer, LENGTH, counts);
  return { baseFile, learningRate: suitedLearningRate(base.config), ...rows };
}

async function measure(
  engine: string,
  seed: number,
  { train, heldOut, ...how }: Input,
  python: string,
  directory: string,
): Promise<Omit<Row, 'setting' | 'seed' | 'engine'>> {
  const file = join(directory, `${engine}-${seed}.json`);
  const ordered = { train: engine === REFERENCE ? inOrderOf(seed, train) : train, heldOut };
  await writeFile(file, JSON.stringify(ordered));
  const output =
    engine === REFERENCE ? await runPeft(python, how, file, seed) : await runOurs(how, file, engine, seed);
  const { heldOutLoss, losses, tokensPerSecond } = JSON.parse(output) as Row;
  return { heldOutLoss, losses, tokensPerSecond };
}

type How = Pick<Input, 'baseFile' | 'learningRate'>;

async function runOurs(
  { baseFile, learningRate }: How,
  file: string,
  engine: string,
  seed: number,
): Promise<string> {
  const script = compiledScript(new URL('../training/training-ours.ts', import.meta.url));
  const { env, execArgv } = computingProcess();
  // The base alone: one step with next to no learning rate.
  const untrained = engine === BASE;
  const chosen: OurRun = {
    steps: untrained ? 2 : STEPS,
    batchRows: 1,
    mode: untrained ? 'float32-keep' : engine,
    seed,
    optimizer: {
      schedule: 'cosine',
      learningRate: untrained ? 1e-30 : learningRate,
      warmupSteps: WARMUP_STEPS,
    },
    spinning: false,
  };
  const args = [...execArgv, script, baseFile, file, JSON.stringify(chosen)];
  return (await run(process.execPath, args, { env })).stdout;
}

async function runPeft(
  python: string,
  { baseFile, learningRate }: How,
  file: string,
  seed: number,
): Promise<string> {
  const script = fileURLToPath(new URL('../python/peft/train_peft.py', import.meta.url));
  const options = {
    steps: STEPS,
    precision: 'float32',
    schedule: 'cosine',
    'warmup-steps': WARMUP_STEPS,
    'learning-rate': learningRate,
    threads: 2,
    seed,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const env = { ...process.env, OMP_WAIT_POLICY: 'passive' };
  return (await run(python, [script, baseFile, file, ...args], { env })).stdout;
}

async function finished(): Promise<Row[]> {
  if (!existsSync(RESULTS)) return [];
  const lines = (await readFile(RESULTS, 'utf8')).trim().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Held-out loss of each mode, and how much higher it is than PEFT's with the same seed, in per cent. */
function summary(rows: Row[]) {
  const lossOf = (engine: string, seed: number) =>
    rows.find((row) => row.engine === engine && row.seed === seed)!.heldOutLoss;
  const percentAbovePeft = (engine: string, seed: number) =>
    100 * (lossOf(engine, seed) / lossOf(REFERENCE, seed) - 1);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const modes = ENGINES.map((engine) => {
    const bySeed = SEEDS.map((seed) => percentAbovePeft(engine, seed));
    return { engine, heldOutLosses: SEEDS.map((seed) => lossOf(engine, seed)), bySeed, mean: mean(bySeed) };
  });
  const facts = {
    codebase: CODEBASE,
    steps: STEPS,
    tokens: STEPS * LENGTH,
    heldOutTokens: HELD_OUT_ROWS * LENGTH,
  };
  return {
    ...facts,
    baseLoss: lossOf(BASE, 0),
    worstMeanPercent: Math.max(...modes.map((mode) => mode.mean)),
    modes,
  };
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
