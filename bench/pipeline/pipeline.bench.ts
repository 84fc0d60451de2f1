import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchCache } from '../inputs/bench-cache.js';
import { PIPELINE_CODEBASES } from './codebases.js';
import { type Growth, grow } from './grow.js';
import { killWorker } from './kill-worker.js';

const BUDGET = process.env.BENCH_BUDGET ?? '60s';
/** Some of the codebases, by name; all by default. */
const NAMES = process.env.BENCH_CODEBASES?.split(',');
/** Lines of an unfinished bench are kept here, and it goes on with what is missing. */
const RESULTS = process.env.BENCH_RESULTS ?? join(benchCache, 'pipeline.jsonl');
const CHUNKS = 5_000;

/**
 * `gardener add --wait` with the built command line on codebases by name and version, each in a data directory of its
 * own, and a training process that is killed. One JSON object a codebase, appended to the results, then the summary.
 */
async function main(): Promise<void> {
  const chosen = PIPELINE_CODEBASES.filter(({ name }) => NAMES?.includes(name) ?? true);
  const done = await finished();
  for (const codebase of chosen) {
    if (done.some(({ name, version }) => name === codebase.name && version === codebase.version)) continue;
    const growth = await grow(codebase, BUDGET);
    done.push(growth);
    await appendFile(RESULTS, `${JSON.stringify(growth)}\n`);
    print(growth);
  }
  print({ ...summary(done), killed: await killWorker(chosen[0]!) });
}

async function finished(): Promise<Growth[]> {
  if (!existsSync(RESULTS)) return [];
  const lines = (await readFile(RESULTS, 'utf8')).trim().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Growth);
}

/**
 * The figures of the issue: shares, the largest memories, the median improvement, the minutes that 5,000 chunks take.
 */
function summary(rows: Growth[]) {
  const succeeded = rows.filter((row) => row.succeeded);
  const improvements = succeeded.flatMap(({ improvement }) => improvement?.value ?? []).sort((a, b) => a - b);
  const largest = (of: (row: Growth) => number) => Math.max(...rows.map(of));
  return {
    codebases: rows.length,
    budget: BUDGET,
    succeeded: succeeded.length / rows.length,
    promoted: rows.filter((row) => row.promoted).length / rows.length,
    medianImprovement: improvements[Math.floor(improvements.length / 2)] ?? null,
    peakMemoryBytes: largest((row) => row.memoryBytes.all),
    peakBesideTrainerBytes: largest((row) => row.memoryBytes.besideTrainer),
    peakPreparingBytes: largest((row) => row.memoryBytes.preparing),
    minutesToCover5000Chunks: Object.fromEntries(succeeded.map((row) => [row.name, minutesToCover(row)])),
  };
}

/** One pass over the training tokens of 5,000 such chunks at the measured speed. */
function minutesToCover({ chunks, trainingTokens, tokensPerSecond }: Growth): number | null {
  if (!trainingTokens || !tokensPerSecond) return null;
  return ((trainingTokens / chunks) * CHUNKS) / tokensPerSecond / 60;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
