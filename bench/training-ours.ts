import { readFile } from 'node:fs/promises';
import { type Example, loadBaseModel, meanLoss, scoreExamples, train } from '@codebase-gardener/lora';

/** The rows both engines train on: see bench/peft/train_peft.py. */
interface Rows {
  rows: number[][];
  supervised: number[][];
}

/**
 * One measured training run of ours, in this process: `training-ours.ts <base.gguf> <data.json> <steps> <batchRows> <mode>`, mode = `int8` or
 * `float32`, then `-keep` (the forward products are kept for the backward pass) or `-recompute`.
 * Prints one JSON line with the fields of train_peft.py.
 */
async function main([basePath, dataPath, stepsText, batchRowsText, mode]: string[]): Promise<void> {
  const data = JSON.parse(await readFile(dataPath!, 'utf8')) as { train: Rows; heldOut: Rows };
  const examples = examplesOf(data.train);
  const sequenceLength = examples[0]!.tokens.length;
  // Rows of a step one after the other, as the trainer does by default.
  const accumulation = Number(batchRowsText);
  const rows = 1;
  const base = await loadBaseModel(basePath!);
  const times: number[] = [];
  let peakRssBytes = 0;
  let last = performance.now();
  const [precision, memory] = mode!.split('-') as ['int8' | 'float32', string | undefined];
  const sizes = { steps: Number(stepsText), maxEpochs: 1000, rows, accumulation, sequenceLength, threads: 2 };
  const options = { ...sizes, precision, keep: memory === 'keep', schedule: 'constant' as const };
  for await (const event of train({ base, train: examples, validation: [], ...options })) {
    if (event.type === 'step-end') {
      times.push(performance.now() - last);
      peakRssBytes = event.peakMemoryBytes;
      last = performance.now();
    }
    if (event.type !== 'train-end') continue;
    const heldOut = examplesOf(data.heldOut);
    const scores = await scoreExamples(base, event.adapter, heldOut, { sequenceLength, rows });
    const sorted = times.slice(1).sort((a, b) => a - b);
    const stepMs = sorted[Math.floor(sorted.length / 2)]!;
    const tokensPerSecond = (1000 * rows * accumulation * sequenceLength) / stepMs;
    const result = {
      engine: `gardener ${mode}`,
      precision,
      sequenceLength,
      tokensPerSecond,
      peakRssBytes,
    };
    process.stdout.write(`${JSON.stringify({ ...result, heldOutLoss: meanLoss(scores, heldOut) })}\n`);
  }
  await base.close();
}

function examplesOf({ rows, supervised }: Rows): Example[] {
  return rows.map((row, i) => ({
    tokens: Int32Array.from(row),
    supervised: Uint8Array.from(supervised[i]!),
  }));
}

await main(process.argv.slice(2));
