import type { Chunk } from '../../codebase/chunk/chunk.js';
import type { SymbolGraph } from '../../codebase/graph/symbol-graph.js';
import { namesInQuery, type QueryNames } from '../ranking/query-names.js';
import { type RankedCandidate, rank } from '../ranking/rank.js';
import type { Candidate } from '../ranking/signals.js';
import { WITHOUT_NAMES, weightsOf } from '../ranking/weights.js';
import { NO_REASON, type Why, whyFound } from '../ranking/why.js';
import { chunkOf, fileNameOf, namesOf } from '../store/chunk-row.js';
import type { ChunkStore } from '../store/chunk-store.js';
import { keywordsOf } from '../store/keywords.js';
import { sqlHasAny, sqlIn, sqlString } from '../store/sql.js';
import { rowIdOf, type ScoredRows, type StoredRow } from '../store/table-rows.js';
import { filterCondition, type SearchFilters } from './filters.js';
import { foldDuplicates } from './fold-duplicates.js';
import { MOST_SYMBOLS, restOfSymbols } from './rest-of-symbols.js';

/** Where candidates come from: meaning (vectors), words (BM25), and what the query names or shares with names. */
export type RankingName = 'vectors' | 'keywords' | 'names';

const ALL_RANKINGS: readonly RankingName[] = ['vectors', 'keywords', 'names'];

/** What to search for and where. */
export interface SearchOptions extends SearchFilters {
  /** Results wanted, 1 to 100. Defaults to 8. */
  k?: number;
  /** Who calls and uses what in the project. `ProjectIndex.search` takes the project's own where it is not given. */
  graph?: SymbolGraph | null | Promise<SymbolGraph | null>;
  /** The rankings that take part. Defaults to all; fewer are for measuring what each is worth. */
  rankings?: readonly RankingName[];
  /**
   * What the results are for: `files` (the default) names many files first; `answer` looks for the lines that answer a
   * question, several chunks of one file included, and adds what else there is of the symbols of the first results.
   */
  purpose?: 'files' | 'answer';
  /** Given the candidates before they are ranked: for measuring and choosing weights. */
  onCandidates?: (query: string, names: QueryNames, candidates: readonly Candidate[]) => void;
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
  /** Why it was found. */
  why: Why;
  /** What of the project it refers to; empty where there is no symbol graph. */
  dependencies: Dependencies;
}

/** The imports and the called or used symbols of a chunk that resolve inside the project. */
export interface Dependencies {
  /** The strongest eight, strongest first. */
  symbols: { path: string; symbol: string; startLine: number }[];
  /** Files that the chunk's file imports, by path. */
  files: string[];
}

const MAX_RESULTS = 100;
/** Candidates of each ranking: enough that folding and combining have a choice. */
const MIN_CANDIDATES = 100;
const SPARE_ROWS = 8;
/**
 * How often a search begins again because an update replaced its candidates. Updates commit every few seconds, so this
 * rarely happens twice in a row; after the last attempt the search shows what it has found.
 */
const SEARCH_ATTEMPTS = 4;
/** A longer query is cut: a pasted file would make thousands of terms. */
const MAX_QUERY_CHARACTERS = 4_000;

/**
 * The chunks that answer a query best, best first: candidates by vectors, by BM25 and by the names that the query
 * spells out, ranked by {@link rank}; near-duplicates are folded into the one that is asked for, else into the best.
 * @param vector computes the query's embedding; asked only where vectors take part, while the words are looked for
 */
export async function searchChunks(
  store: ChunkStore,
  query: string,
  vector: () => Promise<Float32Array>,
  options: SearchOptions = {},
): Promise<SearchResult[]> {
  const { rankings = ALL_RANKINGS } = options;
  const embedded = rankings.includes('vectors') ? vector() : null;
  // Awaited further down, which throws its failure; a wrong filter throws before that.
  embedded?.catch(() => undefined);
  for (let attempt = 1; ; attempt++) {
    const { results, isWhole } = await searchOnce(store, query, embedded, options);
    if (isWhole || attempt === SEARCH_ATTEMPTS) return results;
  }
}

/**
 * `isWhole` is false when an update replaced a candidate before it was read: the ranking is then of rows that are gone.
 */
async function searchOnce(
  store: ChunkStore,
  query: string,
  vector: Promise<Float32Array> | null,
  options: SearchOptions,
): Promise<{ results: SearchResult[]; isWhole: boolean }> {
  const wanted = Math.min(Math.max(Math.trunc(options.k ?? 8), 1), MAX_RESULTS);
  const limit = Math.max(MIN_CANDIDATES, wanted * 2);
  const filter = filterCondition(options);
  const rankings = options.rankings ?? ALL_RANKINGS;
  const text = query.slice(0, MAX_QUERY_CHARACTERS);
  const words = [...new Set(keywordsOf(text))].join(' ');
  const names = namesInQuery(text);
  const nothing: ScoredRows = new Map();
  const [byVector, byKeyword, byName] = await Promise.all([
    vector === null ? nothing : vector.then((query) => store.nearest(query, limit, filter)),
    rankings.includes('keywords') && words !== '' ? store.matching(words, limit, filter) : nothing,
    rankings.includes('names') ? namedChunks(store, names, limit, filter) : [],
  ]);
  const rows = new Map(byName.map((row) => [rowIdOf(row), row]));
  const unread = [...new Set([...byKeyword.keys(), ...byVector.keys()])].filter((id) => !rows.has(id));
  for (const row of await store.candidates(unread)) rows.set(rowIdOf(row), row);
  let isWhole = unread.every((id) => rows.has(id));
  const candidates = [...rows].map(([id, row]) => candidateOf(id, row, byVector, byKeyword));
  options.onCandidates?.(text, names, candidates);
  const isAnswer = options.purpose === 'answer';
  const weights = rankings.includes('names') ? weightsOf(text, isAnswer) : WITHOUT_NAMES;
  const ranked = rank(text, names, candidates, weights);
  const ranks = { vectors: ranksOf(byVector), keywords: ranksOf(byKeyword) };
  let found: Found[] = [];
  // The rest of a chunk is read for those that are shown, and for a few more in case some are copies.
  for (let start = 0; found.length < wanted && start < ranked.length; start += wanted + SPARE_ROWS) {
    const slice = ranked.slice(start, start + wanted + SPARE_ROWS);
    const whole = new Map((await store.chunks(slice.map(({ id }) => id))).map((row) => [rowIdOf(row), row]));
    if (whole.size < slice.length) isWhole = false;
    const read = slice
      .filter(({ id }) => whole.has(id))
      .map((ranked) => ({ ranked, chunk: chunkOf({ ...rows.get(ranked.id), ...whole.get(ranked.id) }) }));
    found = foldDuplicates(text, names, [...found, ...read], wanted);
  }
  const graph = (await options.graph) ?? null;
  const results = found.map((one) => resultOf(text, one, ranks, graph));
  return { results: isAnswer ? await withRestOfSymbols(store, results) : results, isWhole };
}

/** A candidate that is shown, with its whole chunk. */
interface Found {
  ranked: RankedCandidate;
  chunk: Chunk;
}

function resultOf(
  query: string,
  { ranked, chunk }: Found,
  ranks: Record<'vectors' | 'keywords', ReadonlyMap<string, number>>,
  graph: SymbolGraph | null,
): SearchResult {
  return {
    chunk,
    score: ranked.score,
    vectorRank: ranks.vectors.get(ranked.id) ?? null,
    keywordRank: ranks.keywords.get(ranked.id) ?? null,
    why: whyFound(query, ranked, chunk),
    dependencies: graph === null ? NO_DEPENDENCIES : dependenciesOf(graph, chunk),
  };
}

/** The first results, what else there is of their symbols, then the others. */
async function withRestOfSymbols(store: ChunkStore, results: SearchResult[]): Promise<SearchResult[]> {
  const found = new Map(results.map((result) => [result.chunk.id, result]));
  const rest = (await restOfSymbols(store, results)).map(({ chunk, score }): SearchResult => {
    const unasked = { chunk, vectorRank: null, keywordRank: null, why: NO_REASON };
    return { ...(found.get(chunk.id) ?? { ...unasked, dependencies: NO_DEPENDENCIES }), score };
  });
  const moved = new Set(rest.map(({ chunk }) => chunk.id));
  const others = results.slice(MOST_SYMBOLS).filter(({ chunk }) => !moved.has(chunk.id));
  return [...results.slice(0, MOST_SYMBOLS), ...rest, ...others];
}

const NO_DEPENDENCIES: Dependencies = { symbols: [], files: [] };

function dependenciesOf(graph: SymbolGraph, chunk: Chunk): Dependencies {
  const symbols = graph
    .dependencies(chunk)
    .map(({ path, symbol, startLine }) => ({ path, symbol, startLine }));
  return { symbols, files: graph.imports(chunk.path) };
}

function candidateOf(id: string, row: StoredRow, vectors: ScoredRows, keywords: ScoredRows): Candidate {
  return {
    id,
    path: String(row.path),
    language: String(row.language),
    kind: String(row.kind),
    symbol: String(row.symbol),
    names: namesOf(String(row.declared)),
    startLine: Number(row.startLine),
    endLine: Number(row.endLine),
    similarity: vectors.get(id) ?? null,
    keywords: keywords.get(id) ?? null,
  };
}

function ranksOf(found: ScoredRows): Map<string, number> {
  return new Map([...found.keys()].map((id, place) => [id, place + 1]));
}

/** Chunks that declare what the query names, or lie in a file whose path it names; in no order. */
async function namedChunks(
  store: ChunkStore,
  { symbols, capitalised, paths }: QueryNames,
  limit: number,
  filter: string | null,
): Promise<StoredRow[]> {
  const names = [...new Set([...symbols, ...[...capitalised].map((name) => name.toLowerCase())])];
  if (names.length === 0 && paths.length === 0) return [];
  const isPath = (path: string) => `path = ${sqlString(path)} OR ends_with(path, ${sqlString(`/${path}`)})`;
  const byName = names.length === 0 ? [] : [sqlHasAny('names', names)];
  const byFileName = paths.length === 0 ? [] : [sqlIn('`fileName`', paths.map(fileNameOf))];
  // The first condition is what the indexes answer; for the end of a path alone every row would be looked at.
  const condition = `(${[...byName, ...byFileName].join(' OR ')}) AND (${[...byName, ...paths.map(isPath)].join(' OR ')})`;
  return store.where(filter === null ? condition : `${condition} AND ${filter}`, limit);
}
