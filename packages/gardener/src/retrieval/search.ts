import type { Chunk } from '../codebase/chunk-types.js';
import { chunkOf, symbolNameOf } from './chunk-row.js';
import { combineScores } from './combine-scores.js';
import { foldDuplicates } from './fold-duplicates.js';
import { globToRegularExpression } from './glob.js';
import { keywordsOf } from './keywords.js';
import { namesInQuery, type QueryNames } from './query-names.js';
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
  /** Combined score; comparable within one search only. */
  score: number;
  /** Place in the ranking by vectors, from 1; null when it is not among the candidates. */
  vectorRank: number | null;
  /** Place in the ranking by keywords (BM25), from 1; null when it is not among the candidates. */
  keywordRank: number | null;
}

const MAX_RESULTS = 100;
/** Candidates of each ranking: enough that folding and combining have a choice. */
const MIN_CANDIDATES = 100;
/** A longer query is cut: a pasted file would make thousands of terms. */
const MAX_QUERY_CHARACTERS = 4_000;
/** Of 0.2 to 0.7 on docstring queries of three small codebases, 0.3 to 0.7 differed by 0.03 of MRR at most. */
const KEYWORD_WEIGHT = 0.6;
/** A query that is nothing but a name or path: above all that is only similar (vectors and keywords give 1.6 at most). */
const NAME_ALONE_WEIGHT = 2;
/** A path in a sentence is rarely there by chance; a symbol often stands beside what is asked for. */
const PATH_IN_SENTENCE_WEIGHT = 1;
const SYMBOL_IN_SENTENCE_WEIGHT = 0.7;

/**
 * Vectors and BM25 combined by score, and with them the chunks whose symbol or path the query names; near-duplicates are
 * folded into the best of them.
 * @param vector the query's embedding
 */
export async function searchChunks(
  store: ChunkStore,
  query: string,
  vector: Float32Array,
  options: SearchOptions = {},
): Promise<SearchResult[]> {
  const wanted = Math.min(Math.max(Math.trunc(options.k ?? 8), 1), MAX_RESULTS);
  const candidates = Math.max(MIN_CANDIDATES, wanted * 2);
  const filter = filterOf(options);
  const text = query.slice(0, MAX_QUERY_CHARACTERS);
  const words = [...new Set(keywordsOf(text))].join(' ');
  const names = namesInQuery(text);
  const [byVector, byKeyword, byName] = await Promise.all([
    store.nearest(vector, candidates, filter),
    words === '' ? [] : store.matching(words, candidates, filter),
    namedChunks(store, names, candidates, filter),
  ]);
  const rows = new Map([...byName, ...byKeyword, ...byVector].map((row) => [idOf(row), row]));
  const scores = combineScores([
    { scores: new Map(byVector.map((row) => [idOf(row), -Number(row._distance)])), weight: 1 },
    { scores: new Map(byKeyword.map((row) => [idOf(row), Number(row._score)])), weight: KEYWORD_WEIGHT },
    // Only the order among named chunks is known, and it counts little.
    { scores: new Map(byName.map((row, place) => [idOf(row), 1 - place / 1e3])), weight: 0.1 },
  ]);
  for (const row of byName) scores.set(idOf(row), scores.get(idOf(row))! + nameWeight(names, row));
  const vectorRanks = new Map(byVector.map((row, place) => [idOf(row), place + 1]));
  const keywordRanks = new Map(byKeyword.map((row, place) => [idOf(row), place + 1]));
  const ranked = [...scores]
    .sort(([, a], [, b]) => b - a)
    .map(([id, score]) => ({
      chunk: chunkOf(rows.get(id)!),
      score,
      vectorRank: vectorRanks.get(id) ?? null,
      keywordRank: keywordRanks.get(id) ?? null,
    }));
  return foldDuplicates(ranked, wanted);
}

const idOf = (row: StoredRow) => String(row.id);
const lastPart = (row: StoredRow) => symbolNameOf(String(row.symbol));

function nameWeight({ symbols, isWholeQuery }: QueryNames, row: StoredRow): number {
  if (isWholeQuery) return NAME_ALONE_WEIGHT;
  return symbols.includes(lastPart(row)) ? SYMBOL_IN_SENTENCE_WEIGHT : PATH_IN_SENTENCE_WEIGHT;
}

/** Chunks whose symbol or path the query names: symbols in the order of the query, then shorter paths. */
async function namedChunks(
  store: ChunkStore,
  { symbols, paths }: QueryNames,
  limit: number,
  filter: string | null,
): Promise<StoredRow[]> {
  if (symbols.length === 0 && paths.length === 0) return [];
  const isPath = (path: string) => `path = ${sqlString(path)} OR ends_with(path, ${sqlString(`/${path}`)})`;
  const condition = [sqlIn('`symbolName`', symbols), ...paths.map(isPath)].join(' OR ');
  const rows = await store.where(filter === null ? condition : `(${condition}) AND ${filter}`, limit);
  const symbolOrder = (row: StoredRow) => {
    const place = symbols.indexOf(lastPart(row));
    return place < 0 ? symbols.length : place;
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
