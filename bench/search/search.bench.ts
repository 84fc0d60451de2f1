import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Chunk } from '../../packages/gardener/src/codebase/chunk/chunk.js';
import { chunkCodebase } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import type { ChunkedFile } from '../../packages/gardener/src/codebase/read/chunked-file.js';
import { GardenPaths } from '../../packages/gardener/src/garden/files/paths.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { settingsSchema } from '../../packages/gardener/src/garden/settings/settings.js';
import { ensureModel } from '../../packages/gardener/src/models/store/ensure-model.js';
import { startEmbedder } from '../../packages/gardener/src/retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../../packages/gardener/src/retrieval/embedding/embedder.js';
import { EmbeddingCache } from '../../packages/gardener/src/retrieval/embedding/embedding-cache.js';
import { embeddingText } from '../../packages/gardener/src/retrieval/index/embedding-text.js';
import { ProjectIndex } from '../../packages/gardener/src/retrieval/index/project-index.js';
import { rowOf } from '../../packages/gardener/src/retrieval/store/chunk-row.js';
import { ChunkStore } from '../../packages/gardener/src/retrieval/store/chunk-store.js';
import { INDEX_SCHEMA_VERSION, writeManifest } from '../../packages/gardener/src/retrieval/store/manifest.js';
import { benchCache } from '../inputs/bench-cache.js';
import { CODEBASES } from '../inputs/codebases.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { makeDocstringQueries, randomNumbers } from '../questions/docstring-queries.js';

const ROWS = Number(process.env.BENCH_ROWS ?? 100_000);
/** Rows of one commit. */
const BATCH_ROWS = 10_000;
const QUERIES = 200;
/** Share of a chunk's words that a copy replaces, and how far its vector moves: enough that copies are other chunks. */
const CHANGED_WORDS = 0.25;
const NOISE = 0.5;
const K = 10;

/**
 * Time of a whole search, the query's embedding included, in an index of 100,000 chunks: real chunks of the tuning
 * codebases, many times over with other words and moved vectors. The index is made once and kept outside the
 * repository. Also how much of the exact ten nearest the vector index finds.
 */
async function main(): Promise<void> {
  const { paths: models } = await openGarden({ dataDir: join(benchCache, 'data') });
  const embedder = await startEmbedder(settingsSchema.parse({ threads: 2 }), (id) =>
    ensureModel(models, id, {}),
  );
  const paths = new GardenPaths(join(benchCache, 'search'));
  try {
    const codebases = CODEBASES.filter(({ use }) => use === 'tuning');
    const queries: string[] = [];
    for (const codebase of codebases) {
      const root = join(benchCache, 'without-docstrings', `${codebase.name}-${codebase.version}`);
      const asked = await makeDocstringQueries(fetchCodebase(codebase), root, QUERIES / codebases.length);
      queries.push(...asked.map(({ text }) => text));
    }
    const done = join(
      paths.project('p'),
      `complete-${ROWS}-v${INDEX_SCHEMA_VERSION}-indexed-paths-${embedder.id.replace(/\W/g, '_')}`,
    );
    if (!existsSync(done)) {
      const start = performance.now();
      await fillIndex(paths, embedder);
      writeFileSync(done, '');
      print({ rows: ROWS, buildSeconds: (performance.now() - start) / 1000 });
    }
    print(await measure(paths, embedder, queries));
  } finally {
    await embedder.dispose();
  }
}

async function measure(paths: GardenPaths, embedder: Embedder, queries: string[]) {
  const index = new ProjectIndex(paths, 'p');
  const store = new ChunkStore(paths.index('p'), embedder.id);
  try {
    for (const query of queries.slice(0, 20)) await index.search(query, embedder, { k: K });
    const times: number[] = [];
    const parts: Record<string, number[]> = { embedding: [], vectors: [], filtered: [] };
    let found = 0;
    for (const query of queries) {
      times.push(await timed(() => index.search(query, embedder, { k: K })));
    }
    for (const query of queries) {
      parts.embedding!.push(await timed(() => embedder.embedQuery(query)));
      const vector = await embedder.embedQuery(query);
      parts.vectors!.push(await timed(() => store.nearest(vector, K, null)));
      const near = await store.nearest(vector, K, null);
      const exact = await store.nearest(vector, K, null, { exact: true });
      found += [...near.keys()].filter((row) => exact.has(row)).length;
      const options = { k: K, languages: ['python'], pathGlob: 'copy1*/**' };
      parts.filtered!.push(await timed(() => index.search(query, embedder, options)));
    }
    return {
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
      ...Object.fromEntries(
        Object.entries(parts).map(([name, list]) => [`${name}P95Ms`, percentile(list, 0.95)]),
      ),
      vectorRecallAt10: found / (queries.length * K),
      rows: ROWS,
      queries: queries.length,
      cpu: cpus()[0]?.model,
    };
  } finally {
    index.close();
    store.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const percentile = (times: number[], share: number) =>
  Math.round(times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * share)]! * 10) / 10;

async function fillIndex(paths: GardenPaths, embedder: Embedder): Promise<void> {
  rmSync(paths.project('p'), { recursive: true, force: true });
  const originals = await embeddedChunks(embedder);
  const words = [...new Set(originals.flatMap(({ chunk }) => chunk.text.match(/[A-Za-z_]\w{3,}/g) ?? []))];
  const random = randomNumbers(3);
  const store = new ChunkStore(paths.index('p'), embedder.id);
  await store.create(embedder.dimension);
  for (let from = 0; from < ROWS; from += BATCH_ROWS) {
    const rows = Array.from({ length: Math.min(BATCH_ROWS, ROWS - from) }, (_, i) => {
      const { chunk, file, vector } = originals[(from + i) % originals.length]!;
      const copy = Math.floor((from + i) / originals.length);
      return rowOf(varied(chunk, copy, words, random), file, moved(vector, copy, random));
    });
    await store.replace(['none'], rows);
  }
  await store.compact(ROWS);
  store.close();
  await writeManifest(paths.index('p'), {
    schemaVersion: INDEX_SCHEMA_VERSION,
    embeddingModel: embedder.id,
    commit: null,
    indexedAt: new Date().toISOString(),
    complete: true,
    files: { seen: 1, indexed: 1, skipped: {}, failed: {} },
    chunks: ROWS,
    vectors: ROWS,
  });
}

/**
 * The chunks of the tuning codebases with their vectors; those that the retrieval benchmark
 * embedded are not embedded again.
 */
async function embeddedChunks(embedder: Embedder) {
  const cache = await EmbeddingCache.open(
    join(benchCache, 'retrieval', 'cache', 'embeddings'),
    embedder.id,
    embedder.dimension,
  );
  const found: { chunk: Chunk; file: ChunkedFile }[] = [];
  for (const { name, version, use } of CODEBASES) {
    if (use !== 'tuning') continue;
    const root = join(benchCache, 'without-docstrings', `${name}-${version}`);
    for await (const file of chunkCodebase(root)) {
      if ('chunks' in file) found.push(...file.chunks.map((chunk) => ({ chunk, file })));
    }
  }
  const texts = found.map(({ chunk }) => embeddingText(chunk));
  const known = await cache.get(texts);
  const missing = [...new Set(texts.filter((text) => !known.has(text)))];
  const fresh = await embedder.embed(missing);
  await cache.put(new Map(missing.map((text, i) => [text, fresh[i]!])));
  for (const [i, text] of missing.entries()) known.set(text, fresh[i]!);
  return found.map(({ chunk, file }, i) => ({ chunk, file, vector: known.get(texts[i]!)! }));
}

function varied(chunk: Chunk, copy: number, words: string[], random: () => number): Chunk {
  if (copy === 0) return chunk;
  const text = chunk.text.replace(/[A-Za-z_]\w{3,}/g, (word) =>
    random() < CHANGED_WORDS ? words[Math.floor(random() * words.length)]! : word,
  );
  const symbol = chunk.symbol && `${chunk.symbol}_${words[Math.floor(random() * words.length)]}`;
  return { ...chunk, id: `${chunk.id}-${copy}`, path: `copy${copy}/${chunk.path}`, symbol, text };
}

function moved(vector: Float32Array, copy: number, random: () => number): Float32Array {
  if (copy === 0) return vector;
  const size = NOISE / Math.sqrt(vector.length);
  const result = vector.map((value) => value + size * Math.sqrt(12) * (random() - 0.5));
  const norm = Math.hypot(...result);
  return result.map((value) => value / norm);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
