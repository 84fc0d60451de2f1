import { readFile } from 'node:fs/promises';
import {
  type Example,
  loadBaseModel,
  meanLoss,
  scoreExamples,
  type TrainOptions,
  train,
} from '@codebase-gardener/lora';

/** The rows both engines train on: see bench/python/peft/train_peft.py. */
interface Rows {
  rows: number[][];
  supervised: number[][];
}

/** What of a run the caller chooses; the rest is as train_peft.py has it. */
export interface OurRun {
  steps: number;
  /** Rows of a step. */
  batchRows: number;
  /**
   * `int8`, `int7` (weights as on CPUs without VNNI) or `float32`, then `-keep` (the forward products are kept
   * for the backward pass) or `-recompute`, then `-together` (all rows of a step at once) or nothing (one
   * after the other, the default).
   */
  mode: string;
  seed?: number;
  /** Defaults to a constant learning rate. */
  optimizer?: NonNullable<TrainOptions['optimizer']>;
  /** See `MachineOptions`. */
  spinning?: boolean;
  /** See `MachineOptions`. */
  memoryBudgetBytes?: number;
}

/**
 * One measured training run of ours, in this process: `training-ours.ts <base.gguf> <data.json> <OurRun as JSON>`.
 * Prints one JSON line with the fields of train_peft.py.
 */
async function main([basePath, dataPath, chosen]: string[]): Promise<void> {
  const { steps, batchRows, mode, ...given } = JSON.parse(chosen!) as OurRun;
  const data = JSON.parse(await readFile(dataPath!, 'utf8')) as { train: Rows; heldOut: Rows };
  const examples = examplesOf(data.train);
  const sequenceLength = examples[0]!.tokens.length;
  const opened = performance.now();
  await using base = await loadBaseModel(basePath!);
  let startMs = 0;
  const times: number[] = [];
  const losses: number[] = [];
  let peakRssBytes = 0;
  let last = performance.now();
  const [numbers, memory, together] = mode.split('-') as ['int8' | 'int7' | 'float32', string?, string?];
  const precision = numbers === 'int7' ? 'int8' : numbers;
  const rows = together ? batchRows : 1;
  const { seed = 0, optimizer = { schedule: 'constant' }, spinning = true, memoryBudgetBytes } = given;
  const budget = memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes };
  let lighter: object | null = null;
  const weights = numbers === 'int7' ? { largestWeightCode: 64 } : {};
  const activations = memory === 'keep' ? ('keep' as const) : ('recompute' as const);
  const training = train({
    base,
    examples,
    validation: [],
    optimizer,
    batch: { sequenceLength, rows, accumulation: batchRows / rows },
    steps,
    maxEpochs: 1000,
    seed,
    machine: { precision, ...weights, activations, threads: 2, spinning, ...budget },
  });
  for await (const event of training) {
    if (event.type === 'lighten') lighter = event;
    if (event.type === 'step-end') {
      // The first step is that long after the beginning; it is taken as long as the others.
      if (times.length === 0) startMs = performance.now() - opened;
      times.push(performance.now() - last);
      losses.push(event.loss);
      peakRssBytes = event.peakMemoryBytes;
      last = performance.now();
    }
    if (event.type !== 'train-end') continue;
    const heldOut = examplesOf(data.heldOut);
    const scored = { sequenceLength, rows: 1 };
    const heldOutLoss =
      heldOut.length > 0
        ? meanLoss(await scoreExamples(base, event.adapter, heldOut, scored), heldOut)
        : null;
    const sorted = times.slice(1).sort((a, b) => a - b);
    const stepMs = sorted[Math.floor(sorted.length / 2)]!;
    const tokensPerSecond = (1000 * batchRows * sequenceLength) / stepMs;
    startMs -= stepMs;
    const figures = { tokensPerSecond, peakRssBytes, startMs, lighter, losses, heldOutLoss };
    const result = { engine: `gardener ${mode}`, precision, sequenceLength, ...figures };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

function examplesOf({ rows, supervised }: Rows): Example[] {
  return rows.map((row, i) => ({
    tokens: Int32Array.from(row),
    supervised: Uint8Array.from(supervised[i]!),
  }));
}

await main(process.argv.slice(2));
