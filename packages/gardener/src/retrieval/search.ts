import type { Chunk } from '../codebase/chunk-types.js';
import { chunkOf } from './chunk-row.js';
import { foldDuplicates } from './fold-duplicates.js';
import { fuseRankings } from './fuse.js';
import { globToRegularExpression } from './glob.js';
import { keywordsOf } from './keywords.js';
import { namesInQuery } from './query-names.js';
import { sqlIn, sqlString } from './sql.js';
import type { ChunkStore, StoredRow } from './store.js';

/** What to search for and where. */
export interface SearchOptions {
  /** Results wanted, 1 to 100. Defaults to 8. */
  k?: number;
  /** Language ids; only these. */
  languages?: readonly string[];
  /** Only paths that match, such as `src/**` + `/*.ts`. */
  pathGlob?: string;
  /** Paths that must not appear: held-out files while they are scored. */
  excludePaths?: readonly string[];
}

/** One chunk found. */
export interface SearchResult {
  chunk: Chunk;
  /** Fused score; comparable within one search only. */
  score: number;
  /** Place in the ranking by vectors, from 1; null when it is not among the candidates. */
  vectorRank: number | null;
  /** Place in the ranking by keywords (BM25), from 1; null when it is not among the candidates. */
  keywordRank: number | null;
}

const MAX_RESULTS = 100;
/** Candidates of each ranking: enough that folding and fusing have a choice. */
const MIN_CANDIDATES = 50;
/** A longer query is cut: a pasted file would make thousands of terms. */
const MAX_QUERY_CHARACTERS = 4_000;
/** A chunk whose symbol or path the query names comes before what is only similar. */
const NAME_WEIGHT = 2;

/**
 * Vectors and BM25, each ranked on its own and fused by reciprocal rank, with a third ranking of the chunks whose symbol
 * or path the query names; near-duplicates are folded into the best of them.
 * @param vector the query's embedding
 */
export async function searchChunks(
  store: ChunkStore,
  query: string,
  vector: Float32Array,
  options: SearchOptions = {},
): Promise<SearchResult[]> {
  const wanted = Math.min(Math.max(Math.trunc(options.k ?? 8), 1), MAX_RESULTS);
  const candidates = Math.max(MIN_CANDIDATES, wanted * 4);
  const filter = filterOf(options);
  const text = query.slice(0, MAX_QUERY_CHARACTERS);
  const words = [...new Set(keywordsOf(text))].join(' ');
  const [byVector, byKeyword, byName] = await Promise.all([
    store.nearest(vector, candidates, filter),
    words === '' ? [] : store.matching(words, candidates, filter),
    namedChunks(store, text, candidates, filter),
  ]);
  const rows = new Map<string, StoredRow>();
  for (const row of [...byName, ...byKeyword, ...byVector]) rows.set(String(row.id), row);
  const vectorIds = byVector.map((row) => String(row.id));
  const keywordIds = byKeyword.map((row) => String(row.id));
  const scores = fuseRankings([
    { ids: vectorIds, weight: 1 },
    { ids: keywordIds, weight: 1 },
    { ids: byName.map((row) => String(row.id)), weight: NAME_WEIGHT },
  ]);
  const rankIn = (ids: string[], id: string) => (ids.includes(id) ? ids.indexOf(id) + 1 : null);
  const ranked = [...scores]
    .sort(([, a], [, b]) => b - a)
    .map(([id, score]) => ({
      chunk: chunkOf(rows.get(id)!),
      score,
      vectorRank: rankIn(vectorIds, id),
      keywordRank: rankIn(keywordIds, id),
    }));
  return foldDuplicates(ranked, wanted);
}

/** Chunks whose symbol or path the query names, those with both first, then shorter paths. */
async function namedChunks(
  store: ChunkStore,
  query: string,
  limit: number,
  filter: string | null,
): Promise<StoredRow[]> {
  const { symbols, paths } = namesInQuery(query);
  if (symbols.length === 0 && paths.length === 0) return [];
  const isPath = (path: string) => `path = ${sqlString(path)} OR ends_with(path, ${sqlString(`/${path}`)})`;
  const condition = [sqlIn('`symbolName`', symbols), ...paths.map(isPath)].join(' OR ');
  const rows = await store.where(filter === null ? condition : `(${condition}) AND ${filter}`, limit);
  const symbolOrder = (row: StoredRow) => {
    const position = symbols.indexOf(
      String(row.symbol)
        .split(/[.#:]+/)
        .at(-1)
        ?.toLowerCase() ?? '',
    );
    return position < 0 ? symbols.length : position;
  };
  return rows.sort(
    (a, b) =>
      symbolOrder(a) - symbolOrder(b) ||
      String(a.path).length - String(b.path).length ||
      Number(a.startLine) - Number(b.startLine),
  );
}

function filterOf({ languages, pathGlob, excludePaths }: SearchOptions): string | null {
  const conditions: string[] = [];
  if (languages && languages.length > 0) conditions.push(sqlIn('language', languages));
  if (pathGlob) conditions.push(`regexp_like(path, ${sqlString(globToRegularExpression(pathGlob))})`);
  if (excludePaths && excludePaths.length > 0) conditions.push(`NOT (${sqlIn('path', excludePaths)})`);
  return conditions.length === 0 ? null : conditions.map((condition) => `(${condition})`).join(' AND ');
}
