import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { searchChunks } from '../search/search.js';
import { rowOf } from './chunk-row.js';
import { ChunkStore } from './chunk-store.js';
import { makeChunk, makeFile } from './chunks.fixture.js';
import { rowIdOf } from './table-rows.js';

const ROWS = 20_000;
const DIMENSION = 8;
let directory: string;
let store: ChunkStore;

/** A unit vector that depends on the number alone; neighbours in number are not neighbours in space. */
function vectorOf(number: number): Float32Array {
  const values = Array.from(
    { length: DIMENSION },
    (_, i) => Math.sin(number * (i + 1) * 12.9898) * 43758.5453,
  );
  const vector = Float32Array.from(values, (value) => value - Math.floor(value) - 0.5);
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function rowFor(number: number) {
  const path = `src/${number % 100}/file${number}.ts`;
  const chunk = makeChunk({ path, symbol: `symbol${number}`, text: `text ${number}`, id: `id${number}` });
  return rowOf(chunk, makeFile(path, [chunk]), vectorOf(number));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'large-table-'));
  store = new ChunkStore(directory, 'numbers');
  await store.create(DIMENSION);
  const rows = Array.from({ length: ROWS }, (_, number) => rowFor(number));
  // As an update does: brought up to date in one go, the keyword index of a large table has been seen to stand still.
  for (let start = 0; start < ROWS; start += 4_000) {
    await store.replace([], rows.slice(start, start + 4_000));
    await store.refreshKeywords();
  }
  await store.compact(ROWS);
});
afterAll(async () => {
  store.close();
  await rm(directory, { recursive: true, force: true });
});

const nearest = async (number: number, where: string | null = null) =>
  idsOf(await store.nearest(vectorOf(number), 10, where));
/** Ids of rows in the order of their row ids as given. */
async function idsOf(found: ReadonlyMap<string, number>): Promise<string[]> {
  const rows = new Map((await store.chunks([...found.keys()])).map((row) => [rowIdOf(row), String(row.id)]));
  return [...found.keys()].map((row) => rows.get(row)!);
}

it('finds nearly all of the nearest rows through the vector index', async () => {
  let found = 0;
  for (let number = 0; number < 50; number++) {
    const exact = new Set(await idsOf(await store.nearest(vectorOf(number), 10, null, { exact: true })));
    const near = await nearest(number);
    expect(near[0]).toBe(`id${number}`);
    found += near.filter((id) => exact.has(id)).length;
  }
  expect(found / 500).toBeGreaterThan(0.9);
});

it('finds as many rows as a narrow filter leaves, wherever they lie', async () => {
  expect(await nearest(7, "path LIKE 'src/42/%' AND path LIKE '%42.ts'")).toHaveLength(10);
  expect(await nearest(7, "path = 'src/9/file109.ts'")).toEqual(['id109']);
  expect(await nearest(7, "path = 'nowhere'")).toEqual([]);
});

it.each([
  ['where is file142.ts read', ['symbol142']],
  ['where is 42/file142.ts read', ['symbol142']],
  ['src/42/file142.ts', ['symbol142']],
  ['who calls `symbol7` in 42/file142.ts', ['symbol142', 'symbol7']],
  ['where is 41/file142.ts read', []],
  ['where is ile142.ts read', []],
])(
  'finds what a query names by symbol and by an end of a path, and nothing else: %s',
  async (query, symbols) => {
    const named = await searchChunks(store, query, () => Promise.reject(new Error('not asked for')), {
      rankings: ['names'],
    });
    expect(named.map(({ chunk }) => chunk.symbol).sort()).toEqual(symbols);
  },
);

it('finds rows that came after the index was made, and none that are gone, before and after compaction', async () => {
  await store.replace(
    ['src/0/file100.ts', 'src/1/file101.ts'],
    [{ ...rowFor(101), vector: vectorOf(30_000) }],
  );
  for (const _ of ['before', 'after']) {
    expect((await nearest(30_000))[0]).toBe('id101');
    expect(await nearest(100)).not.toContain('id100');
    const left = await store.where("id IN ('id100', 'id101', 'id102')", 10);
    expect(left.map(({ symbol }) => symbol).sort()).toEqual(['symbol101', 'symbol102']);
    await store.compact(ROWS);
  }
});

it('leaves out rows that were replaced after they were found', async () => {
  const found = [...(await store.nearest(vectorOf(500), 10, null)).keys()];
  expect(await store.candidates(found)).toHaveLength(10);
  await store.replace(['src/0/file500.ts'], [{ ...rowFor(500), text: 'other' }]);
  expect(await store.candidates(found)).toHaveLength(9);
  await store.compact(ROWS);
  expect((await store.chunks(found)).map(({ id }) => id)).not.toContain('id500');
});

it('takes no more room however often rows are replaced', async () => {
  const sizes: number[] = [];
  for (let round = 0; round < 5; round++) {
    const paths = Array.from({ length: 4_000 }, (_, i) => rowFor(i + 1_000).path);
    await store.replace(paths, []);
    await store.replace(
      paths,
      paths.map((_, i) => ({ ...rowFor(i + 1_000), vector: vectorOf(40_000 + round * 4_000 + i) })),
    );
    await store.compact(ROWS);
    sizes.push(await bytesOfVectorIndexes());
  }
  // Two versions of up to one and a half times the rows, and the rows that came with the last update;
  // without renewal 80,000 vectors.
  const vectors = Math.max(...sizes) / (DIMENSION * 4 + 8);
  expect(vectors).toBeLessThan(2 * 1.5 * ROWS + 2 * 4_000);
});

async function bytesOfVectorIndexes(): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(({ name }) => name === 'auxiliary.idx');
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
