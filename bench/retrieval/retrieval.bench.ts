import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadSentenceEncoder } from '@codebase-gardener/lora';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { settingsSchema } from '../../packages/gardener/src/garden/settings/settings.js';
import { ensureModel } from '../../packages/gardener/src/models/store/ensure-model.js';
import { startEmbedder } from '../../packages/gardener/src/retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../../packages/gardener/src/retrieval/embedding/embedder.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import type {
  RankingName,
  SearchOptions,
  SearchResult,
} from '../../packages/gardener/src/retrieval/search/search.js';
import { benchCache } from '../inputs/bench-cache.js';
import { CODEBASES, type Codebase } from '../inputs/codebases.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { makeDocstringQueries } from '../questions/docstring-queries.js';
import { DEPTH, measured, rankOf, reciprocal, rounded, type Scores, scoresOf } from '../questions/measure.js';
import { ownQuestions, rankOfFile } from '../questions/own-questions.js';
import { type DumpedQuestion, writeDump } from '../search-quality/dump.js';
import type { Target } from '../search-quality/questions.js';

/** The ways of searching that are compared, by their names in the result. */
const WAYS: Record<string, RankingName[]> = {
  bm25: ['keywords'],
  vectors: ['vectors'],
  combined: ['vectors', 'keywords'],
  search: ['vectors', 'keywords', 'names'],
};
const QUERIES = Number(process.env.BENCH_QUERIES ?? 200);
const only = process.env.BENCH_ONLY?.split(',');
const isWanted = (name: string) => !only || only.includes(name);
/** `BENCH_PRECISIONS=1` compares the numbers that the default model computes with instead of the ways of searching. */
const isOfPrecisions = process.env.BENCH_PRECISIONS === '1';

/** One codebase measured. */
interface Row {
  name: string;
  version: string;
  language: string;
  use: 'tuning' | 'report';
  chunks: number;
  queries: number;
  /** Reciprocal ranks of every query, by way. */
  ranks: Record<string, number[]>;
}

/**
 * Recall and MRR of BM25, vectors, both together, and the whole search, on public codebases and on
 * hand-written questions about this one. One JSON object a codebase, then the summary.
 */
async function main(): Promise<void> {
  const { paths } = await openGarden({ dataDir: join(benchCache, 'data') });
  const settings = settingsSchema.parse({ threads: 2 });
  const embedder = await startEmbedder(settings, (id) => ensureModel(paths, id, {}));
  if (isOfPrecisions) {
    const { directory } = await ensureModel(paths, settings.embeddingModel, {});
    return comparePrecisions(embedder, await startFloat32(directory, settings.threads));
  }
  const rows: Row[] = [];
  try {
    for (const codebase of CODEBASES) {
      if (!isWanted(codebase.name)) continue;
      rows.push(await measurePublic(codebase, embedder));
      print(printable(rows.at(-1)!));
    }
    if (isWanted('gardener')) {
      rows.push(await measureOwn(embedder));
      print(printable(rows.at(-1)!));
    }
  } finally {
    await embedder.dispose();
  }
  print(summary(rows));
}

/**
 * The default model in 8-bit integers, as the product has it, against the same in float32: MRR of both, and
 * the difference, query by query.
 */
async function comparePrecisions(int8: Embedder, float32: Embedder): Promise<void> {
  const rows: { int8: Row; float32: Row }[] = [];
  const measured = async (measureWith: (embedder: Embedder) => Promise<Row>) => {
    const both = { int8: await measureWith(int8), float32: await measureWith(float32) };
    rows.push(both);
    print({
      name: both.int8.name,
      chunks: both.int8.chunks,
      queries: both.int8.queries,
      ...compared([both]),
    });
  };
  try {
    for (const codebase of CODEBASES.filter(({ name }) => isWanted(name)))
      await measured((embedder) => measurePublic(codebase, embedder));
    if (isWanted('gardener')) await measured(measureOwn);
  } finally {
    await int8.dispose();
    await float32.dispose();
  }
  print({ all: rows.map(({ int8 }) => int8.name), ...compared(rows) });
}

function compared(rows: { int8: Row; float32: Row }[]) {
  const ranks = (precision: 'int8' | 'float32', way: string) =>
    rows.flatMap((row) => row[precision].ranks[way]!);
  return Object.fromEntries(
    ['vectors', 'search'].map((way) => [
      way,
      {
        int8: scoresOf(ranks('int8', way)),
        float32: scoresOf(ranks('float32', way)),
        int8LessFloat32: pairedDifference(ranks('int8', way), ranks('float32', way)),
      },
    ]),
  );
}

/** The default model in float32, which the product does not use: for comparison, in this process. */
async function startFloat32(directory: string, threads: number): Promise<Embedder> {
  const encoder = await loadSentenceEncoder(directory, { threads, precision: 'float32' });
  return {
    id: 'all-minilm-l6-v2-float32',
    dimension: encoder.dimension,
    embed: (texts) => encoder.encode(texts),
    embedQuery: async (query) => (await encoder.encode([query]))[0]!,
    dispose: async () => encoder[Symbol.asyncDispose](),
  };
}

async function measurePublic(codebase: Codebase, embedder: Embedder): Promise<Row> {
  const { name, version, language, use } = codebase;
  const root = join(benchCache, 'without-docstrings', `${name}-${version}`);
  const queries = await makeDocstringQueries(fetchCodebase(codebase), root, QUERIES);
  const asked = queries.map((query) => ({
    text: query.text,
    targets: [{ path: query.path, lines: query.lines }],
    rank: (found: SearchResult[]) => rankOf(query, found),
  }));
  return { name, version, language, use, ...(await measure(name, use, root, asked, embedder)) };
}

async function measureOwn(embedder: Embedder): Promise<Row> {
  const { root, commit, questions } = ownQuestions();
  const asked = questions.map((question) => ({
    text: question.question,
    targets: question.files.map((path) => ({ path, lines: null })),
    rank: (found: SearchResult[]) => rankOfFile(question, found),
  }));
  const row = await measure('gardener', 'report', root, asked, embedder);
  return { name: 'gardener', version: commit, language: 'typescript', use: 'report', ...row };
}

/** Indexes `root` as the product does and asks every query in every way. */
async function measure(
  name: string,
  use: Row['use'],
  root: string,
  queries: { text: string; targets: Target[]; rank(found: SearchResult[]): number }[],
  embedder: Embedder,
): Promise<Pick<Row, 'chunks' | 'queries' | 'ranks'>> {
  const paths = new GardenPaths(join(benchCache, 'retrieval'));
  // Embeddings come from the cache beside it where their text has not changed.
  rmSync(paths.project(name), { recursive: true, force: true });
  mkdirSync(paths.project(name), { recursive: true });
  const index = new ProjectIndex(paths, name);
  try {
    const { chunks } = await index.update(chunkCodebase(root), embedder, { root });
    const ranks: Record<string, number[]> = {};
    const dumped: DumpedQuestion[] = [];
    for (const [way, rankings] of Object.entries(WAYS)) {
      ranks[way] = [];
      for (const query of queries) {
        const onCandidates: NonNullable<SearchOptions['onCandidates']> = (text, _, candidates) => {
          if (way === 'search') dumped.push({ text, targets: query.targets, candidates: [...candidates] });
        };
        const found = await index.search(query.text, embedder, { k: DEPTH, rankings, onCandidates });
        ranks[way].push(query.rank(found));
      }
    }
    if (process.env.BENCH_DUMP) {
      const half = use === 'tuning' ? 'choose' : 'report';
      writeDump(process.env.BENCH_DUMP, { name, use: half, metric: 'mrr', questions: dumped });
    }
    return { chunks, queries: queries.length, ranks };
  } finally {
    index.close();
  }
}

function printable({ ranks, ...row }: Row): Omit<Row, 'ranks'> & Record<string, unknown> {
  return { ...row, ...scores(ranks) };
}

const scores = (ranks: Row['ranks']): Record<string, Scores> =>
  Object.fromEntries(Object.entries(ranks).map(([way, list]) => [way, scoresOf(list)]));

/** Means over the codebases of each use, and how far the whole search is from its parts. */
function summary(rows: Row[]) {
  const reported = rows.filter(({ use }) => use === 'report');
  const gaps = rows.map(({ name, ranks }) => {
    const mrr = scores(ranks);
    return { name, gap: rounded(mrr.search!.mrr - Math.max(mrr.bm25!.mrr, mrr.vectors!.mrr)) };
  });
  return {
    repositories: rows.map(printable),
    reportMean: meanOf(reported),
    tuningMean: meanOf(rows.filter(({ use }) => use === 'tuning')),
    hybridLessBm25: difference(reported, 'hybrid', 'bm25'),
    hybridLessVectors: difference(reported, 'hybrid', 'vectors'),
    graphLessHybrid: difference(reported, 'all', 'hybrid'),
    hybridLessBetterPart: gaps,
    embedding: 'all-minilm-l6-v2',
  };
}

/** The mean over codebases, each counting the same. */
function meanOf(rows: Row[]): Record<string, { mrr: number; recallAt10: number }> | null {
  if (rows.length === 0) return null;
  const all = rows.map(({ ranks }) => scores(ranks));
  const mean = (way: string, what: 'mrr' | 'recallAt10') =>
    rounded(all.reduce((sum, row) => sum + row[way]![what], 0) / all.length);
  return Object.fromEntries(
    Object.keys(WAYS).map((way) => [way, { mrr: mean(way, 'mrr'), recallAt10: mean(way, 'recallAt10') }]),
  );
}

function difference(rows: Row[], way: string, other: string) {
  return pairedDifference(
    rows.flatMap(({ ranks }) => ranks[way]!),
    rows.flatMap(({ ranks }) => ranks[other]!),
  );
}

/** Difference of MRR over the same queries, with its interval. */
function pairedDifference(ranks: number[], others: number[]) {
  const values = ranks.map((rank, i) => reciprocal(rank) - reciprocal(others[i]!));
  if (values.length === 0) return null;
  const { value, low, high } = measured(values);
  return { mrr: rounded(value), interval: [rounded(low), rounded(high)] };
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
