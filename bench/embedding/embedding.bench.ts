import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { ensureModel } from '../../packages/gardener/src/models/store/ensure-model.js';
import { embeddingText } from '../../packages/gardener/src/retrieval/index/embedding-text.js';
import { benchCache } from '../inputs/bench-cache.js';
import { pythonWith } from '../python/python-with.js';
import { shuffled } from '../questions/docstring-queries.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const TEXTS = Number(process.env.BENCH_TEXTS ?? 256);
const THREADS = 2;
/** sentence-transformers' default, and smaller ones that pad less. */
const PYTHON_BATCHES = ['32', '8'];

/**
 * Chunks a second of our embedder and of sentence-transformers on the same model, texts and cores. The processes
 * take turns within a round; the one whose turn it is not waits on its stdin. Memory is measured at a quarter of
 * the texts and at all of them.
 */
async function main(): Promise<void> {
  const { paths } = await openGarden({ dataDir: join(benchCache, 'data') });
  const { directory } = await ensureModel(paths, 'all-minilm-l6-v2', {});
  const python = await pythonWith('sentence-transformers');
  const work = await mkdtemp(join(tmpdir(), 'bench-embedding-'));
  const texts = (await textsOfThisRepository()).slice(0, TEXTS);
  const few = join(work, 'few.json');
  const all = join(work, 'all.json');
  await writeFile(few, JSON.stringify(texts.slice(0, TEXTS / 4)));
  await writeFile(all, JSON.stringify(texts));
  const ours = (file: string) =>
    Engine.start(process.execPath, [
      ...process.execArgv,
      script('embedding-ours.ts'),
      directory,
      file,
      `${THREADS}`,
    ]);
  const theirs = (file: string) =>
    Engine.start(python, [
      script('../python/sentence-transformers/encode.py'),
      directory,
      file,
      `${THREADS}`,
    ]);
  const speeds = { ours: [] as number[], theirs: [] as number[] };
  const memory: Record<string, number> = {};
  try {
    const engine = await ours(few);
    await engine.ask('embed');
    memory.oursAtQuarter = (await engine.ask('rss')).peakRssBytes!;
    engine.stop();
    const [a, b] = [await ours(all), await theirs(all)];
    for (let round = 0; round < ROUNDS; round++) {
      const mine = speedOf(await a.ask('embed'));
      const best: number[] = [];
      for (const batch of PYTHON_BATCHES) best.push(speedOf(await b.ask(batch)));
      speeds.ours.push(mine);
      speeds.theirs.push(Math.max(...best));
      print({
        round,
        ours: mine,
        sentenceTransformers: Object.fromEntries(PYTHON_BATCHES.map((size, i) => [size, best[i]])),
      });
    }
    memory.ours = (await a.ask('rss')).peakRssBytes!;
    memory.theirs = (await b.ask('rss')).peakRssBytes!;
    const lowestCosine = worstCosine((await a.ask('vectors')).vectors!, (await b.ask('vectors')).vectors!);
    a.stop();
    b.stop();
    print({
      speedRatio: median(speeds.ours.map((speed, i) => speed / speeds.theirs[i]!)),
      chunksPerSecond: { ours: median(speeds.ours), sentenceTransformers: median(speeds.theirs) },
      peakRssBytes: memory,
      lowestCosine,
      texts: texts.length,
      rounds: ROUNDS,
      threads: THREADS,
      cpu: cpus()[0]?.model,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const script = (name: string) => join(dirname(fileURLToPath(import.meta.url)), name);
const speedOf = ({ seconds, count }: Answer) => count! / seconds!;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Every chunk of this repository as it is embedded, in an order that depends on a fixed seed. */
async function textsOfThisRepository(): Promise<string[]> {
  const texts: string[] = [];
  const root = fileURLToPath(new URL('../../packages/', import.meta.url));
  for await (const file of chunkCodebase(root)) {
    if ('chunks' in file) texts.push(...file.chunks.map((chunk) => embeddingText(chunk)));
  }
  return shuffled(texts);
}

interface Answer {
  seconds?: number;
  count?: number;
  peakRssBytes?: number;
  vectors?: number[][];
}

/** A process that answers a line with a line. */
class Engine {
  readonly #lines: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcess) {
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  static async start(program: string, args: string[]): Promise<Engine> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child, 'spawn');
    const engine = new Engine(child);
    await engine.#next();
    return engine;
  }

  async ask(line: string): Promise<Answer> {
    this.child.stdin!.write(`${line}\n`);
    return this.#next();
  }

  stop(): void {
    this.child.stdin!.end();
  }

  async #next(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('an engine ended by itself');
    return JSON.parse(value) as Answer;
  }
}

function worstCosine(ours: number[][], theirs: number[][]): number {
  return Math.min(...ours.map((row, i) => row.reduce((sum, value, at) => sum + value * theirs[i]![at]!, 0)));
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
