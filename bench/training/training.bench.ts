import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadBaseModel } from '@codebase-gardener/lora';
import { computingProcess } from '@codebase-gardener/lora/process';
import { parameterCount } from '../../packages/lora/src/train/optimizer/lora-parameters.js';
import { TARGET_MODULES } from '../../packages/lora/src/transformer/config/adapter-config.js';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { sourceText } from '../inputs/source-text.js';
import { pythonWith } from '../python/python-with.js';
import { compiledScript } from './compiled-script.js';
import { matrixPeak, operationsPerToken } from './matrix-peak.js';
import type { OurRun } from './training-ours.js';

/** One measured run. */
interface Row {
  engine: string;
  precision: string;
  sequenceLength: number;
  tokensPerSecond: number;
  peakRssBytes: number;
  heldOutLoss: number | null;
  /** Ours: from opening the base to the first step, ms. */
  startMs?: number;
  /** Ours: what was made lighter to fit the memory budget. */
  lighter?: object | null;
}

const run = promisify(execFile);
const TOKENS_PER_STEP = 512;
const LENGTHS = chosen('BENCH_LENGTHS', ['256', '512']).map(Number);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const STEPS = Number(process.env.BENCH_STEPS ?? 8);
/** 0 leaves the held-out loss out: it takes minutes with a larger base, and PEFT loads the base once more for it. */
const HELD_OUT_TOKENS = Number(process.env.BENCH_HELD_OUT ?? 2048);
const THREADS = 2;
/** Our modes: see training-ours.ts. */
const MODES = chosen('BENCH_MODES', [
  'int8-keep-together',
  'int8-keep',
  'int8-recompute',
  'float32-keep',
  'float32-recompute',
]);
const PEFT_PRECISIONS = chosen('BENCH_PEFT', ['float32', 'bfloat16']);

/** Our memory budget; the library's own by default. */
const BUDGET = process.env.BENCH_MEMORY ? { memoryBudgetBytes: Number(process.env.BENCH_MEMORY) } : {};

/** All of them, or those that an environment variable names, separated by commas. */
function chosen(variable: string, all: string[]): string[] {
  return process.env[variable]?.split(',') ?? all;
}

/**
 * Our trainer and HF PEFT in float32 and bfloat16, one after the other in every round, on the same base, rows, rank and
 * length. One JSON object a run, then the summary: medians over the rounds, and what share of the
 * machine's matrix products they are.
 */
async function main(): Promise<void> {
  const python = await pythonWith('peft');
  const baseFile = process.env.BENCH_BASE ?? (await defaultBaseModelFile());
  const directory = await mkdtemp(join(tmpdir(), 'gardener-bench-'));
  const results: Row[] = [];
  try {
    const text = await sourceText();
    for (const length of LENGTHS)
      await writeFile(join(directory, `${length}.json`), await dataOf(text, baseFile, length));
    for (let round = 0; round < ROUNDS; round++) {
      for (const length of LENGTHS) {
        const data = join(directory, `${length}.json`);
        const rows = String(TOKENS_PER_STEP / length);
        const measured = [
          ...MODES.map((mode) => () => measureOurs(baseFile, data, rows, mode)),
          ...PEFT_PRECISIONS.map((precision) => () => measurePeft(python, baseFile, data, rows, precision)),
        ];
        for (const measure of measured) {
          const row = await measure();
          results.push(row);
          print({ round, ...row });
        }
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  print({ ...summary(results), ...(await shareOfPeak(results, baseFile)) });
}

/** 10^9 operations a second of large products alone, and what share of that each of our modes reaches. */
async function shareOfPeak(results: Row[], baseFile: string) {
  await using base = await loadBaseModel(baseFile);
  const { config } = base;
  const adapter = { rank: 16, alpha: 32, dropout: 0, targetModules: TARGET_MODULES };
  const parameters = parameterCount(config, adapter);
  const peak = await matrixPeak(THREADS);
  const shares = LENGTHS.flatMap((length) =>
    MODES.map((mode) => {
      const precision = mode.split('-')[0]!;
      const { tokensPerSecond } = medianRow(results, `gardener ${mode}`, precision, length);
      const operations = tokensPerSecond * operationsPerToken(config, parameters, length);
      return { mode, length, share: operations / peak[precision === 'float32' ? 'float32' : 'int8'] };
    }),
  );
  return { peak, shares };
}

async function dataOf(text: string, baseFile: string, length: number): Promise<string> {
  await using base = await loadBaseModel(baseFile);
  const tokens = base.tokenizer.encode(text);
  const take = (from: number, count: number) => {
    const rows = Array.from({ length: count }, (_, i) => [
      ...tokens.slice(from + i * length, from + (i + 1) * length),
    ]);
    return { rows, supervised: rows.map((row) => row.map(() => 1)) };
  };
  const heldOutRows = HELD_OUT_TOKENS / length;
  return JSON.stringify({
    heldOut: take(0, heldOutRows),
    train: take(HELD_OUT_TOKENS, (STEPS * TOKENS_PER_STEP) / length),
  });
}

async function measureOurs(base: string, data: string, rows: string, mode: string): Promise<Row> {
  const script = compiledScript(new URL('./training-ours.ts', import.meta.url));
  const { env, execArgv } = computingProcess();
  const chosen: OurRun = { steps: STEPS, batchRows: Number(rows), mode, ...BUDGET };
  const args = [...execArgv, script, base, data, JSON.stringify(chosen)];
  const { stdout } = await run(process.execPath, args, { env });
  const { losses: _, ...row } = JSON.parse(stdout) as Row & { losses: number[] };
  return row;
}

async function measurePeft(
  python: string,
  base: string,
  data: string,
  rows: string,
  precision: string,
): Promise<Row> {
  const script = fileURLToPath(new URL('../python/peft/train_peft.py', import.meta.url));
  const options = [
    '--steps',
    String(STEPS),
    '--batch-rows',
    rows,
    '--precision',
    precision,
    '--threads',
    String(THREADS),
  ];
  const { stdout } = await run(python, [script, base, data, ...options]);
  const { engine, sequenceLength, tokensPerSecond, peakRssBytes, heldOutLoss } = JSON.parse(stdout) as Row;
  return { engine, precision, sequenceLength, tokensPerSecond, peakRssBytes, heldOutLoss };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Medians over the rounds, for one engine in one precision at one length. */
function medianRow(results: Row[], engine: string, precision: string, length: number): Row {
  const chosen = results.filter(
    (row) => row.engine === engine && row.precision === precision && row.sequenceLength === length,
  );
  return {
    ...chosen[0]!,
    tokensPerSecond: median(chosen.map((row) => row.tokensPerSecond)),
    peakRssBytes: median(chosen.map((row) => row.peakRssBytes)),
  };
}

/** One of our modes against PEFT, the worse of the lengths for each ratio. */
function compareMode(results: Row[], mode: string) {
  const ratios = LENGTHS.map((length) => {
    const ours = medianRow(results, `gardener ${mode}`, mode.split('-')[0]!, length);
    const peft = PEFT_PRECISIONS.map((precision) => medianRow(results, 'peft', precision, length));
    const best = peft.reduce((a, b) => (b.tokensPerSecond > a.tokensPerSecond ? b : a));
    const against = (row: Row) => ({
      speed: ours.tokensPerSecond / row.tokensPerSecond,
      memory: ours.peakRssBytes / row.peakRssBytes,
    });
    return { best: against(best), float32: against(peft[0]!) };
  });
  return {
    mode,
    speedRatioToBestPeft: Math.min(...ratios.map(({ best }) => best.speed)),
    memoryRatioToBestPeft: Math.max(...ratios.map(({ best }) => best.memory)),
    speedRatioToPeftFloat32: Math.min(...ratios.map(({ float32 }) => float32.speed)),
    memoryRatioToPeftFloat32: Math.max(...ratios.map(({ float32 }) => float32.memory)),
  };
}

/** The ratios of our fastest mode, then those of every mode, then the median rows. */
function summary(results: Row[]) {
  const modes = MODES.map((mode) => compareMode(results, mode));
  const fastest = modes.reduce((a, b) => (b.speedRatioToBestPeft > a.speedRatioToBestPeft ? b : a));
  const engines = [
    ...MODES.map((mode) => [`gardener ${mode}`, mode.split('-')[0]!] as const),
    ...PEFT_PRECISIONS.map((precision) => ['peft', precision] as const),
  ];
  const rows = LENGTHS.flatMap((length) =>
    engines.map(([engine, precision]) => medianRow(results, engine, precision, length)),
  );
  return { ...fastest, modes, cpu: cpus()[0]?.model, rounds: ROUNDS, steps: STEPS, rows };
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
