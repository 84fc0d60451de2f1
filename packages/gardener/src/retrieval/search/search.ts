import type { Chunk, ChunkKind } from '../../codebase/chunk/chunk.js';
import type { CodeRange, SymbolGraph } from '../../codebase/graph/symbol-graph.js';
import { chunkOf, fileNameOf, lastNameOf } from '../store/chunk-row.js';
import type { ChunkStore } from '../store/chunk-store.js';
import { keywordsOf } from '../store/keywords.js';
import { sqlIn, sqlString } from '../store/sql.js';
import { rowIdOf, type ScoredRows, type StoredRow } from '../store/table-rows.js';
import { combineScores } from './combine-scores.js';
import { foldDuplicates } from './fold-duplicates.js';
import { pathCondition } from './glob.js';
import { graphSupport, type Ranked } from './graph-support.js';
import { nameOverlaps } from './name-overlap.js';
import { namesInQuery, type QueryNames } from './query-names.js';

/** What a search ranks by: meaning, words (BM25), symbols and paths that the query names, and what calls what. */
export type RankingName = 'vectors' | 'keywords' | 'names' | 'graph';

const ALL_RANKINGS: readonly RankingName[] = ['vectors', 'keywords', 'names', 'graph'];

/** What to search for and where. */
export interface SearchOptions {
  /** Results wanted, 1 to 100. Defaults to 8. */
  k?: number;
  /** Language ids; only these. */
  languages?: readonly string[];
  /** Kinds of symbol; only chunks of these. */
  kinds?: readonly ChunkKind[];
  /** Only paths that match, such as `src/**` + `/*.ts`. */
  pathGlob?: string;
  /** Paths that must not appear: held-out files while they are scored. */
  excludePaths?: readonly string[];
  /** Who calls and uses what in the project. `ProjectIndex.search` takes the project's own where it is not given. */
  graph?: SymbolGraph | null;
  /** The rankings that take part. Defaults to all; fewer are for measuring what each is worth. */
  rankings?: readonly RankingName[];
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
// Weights, against 1 of the vectors: tuned on the tuning codebases of bench/retrieval; from half to one and a half of
// these, MRR moves by 0.02 at most.
const KEYWORD_WEIGHT = 0.6;
const NAME_OVERLAP_WEIGHT = 0.8;
const GRAPH_WEIGHT = 0.2;
/** A query that is nothing but a name or path: above all that is only similar (all else gives 2.7 at most). */
const NAME_ALONE_WEIGHT = 3;
/** A path in a sentence is rarely there by chance; a symbol often stands beside what is asked for. */
const PATH_IN_SENTENCE_WEIGHT = 1;
const SYMBOL_IN_SENTENCE_WEIGHT = 0.7;

/**
 * Vectors and BM25 combined by score, and with them the chunks whose symbol or path the query names or whose name says
 * what it says; near-duplicates are folded into the best of them.
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
  const candidates = Math.max(MIN_CANDIDATES, wanted * 2);
  const filter = filterOf(options);
  const rankings = options.rankings ?? ALL_RANKINGS;
  const text = query.slice(0, MAX_QUERY_CHARACTERS);
  const words = [...new Set(keywordsOf(text))].join(' ');
  const names = namesInQuery(text);
  const nothing: ScoredRows = new Map();
  const [byVector, byKeyword, byName] = await Promise.all([
    vector === null ? nothing : vector.then((query) => store.nearest(query, candidates, filter)),
    rankings.includes('keywords') && words !== '' ? store.matching(words, candidates, filter) : nothing,
    rankings.includes('names') ? namedChunks(store, names, candidates, filter) : [],
  ]);
  const rows = new Map(byName.map((row) => [rowIdOf(row), row]));
  const unread = [...new Set([...byKeyword.keys(), ...byVector.keys()])].filter((id) => !rows.has(id));
  for (const row of await store.candidates(unread)) rows.set(rowIdOf(row), row);
  let isWhole = unread.every((id) => rows.has(id));
  const present = (found: ScoredRows) => new Map([...found].filter(([id]) => rows.has(id)));
  const scores = combineScores([
    { scores: present(byVector), weight: 1 },
    { scores: present(byKeyword), weight: KEYWORD_WEIGHT },
    // Only the order among named chunks is known, and it counts little.
    { scores: new Map(byName.map((row, place) => [rowIdOf(row), 1 - place / 1e3])), weight: 0.1 },
  ]);
  for (const row of byName) add(scores, rowIdOf(row), nameWeight(names, row));
  if (rankings.includes('names')) {
    const symbols = new Map([...rows].map(([id, row]) => [id, lastPart(row)]));
    for (const [id, overlap] of nameOverlaps(text, symbols)) add(scores, id, NAME_OVERLAP_WEIGHT * overlap);
  }
  if (options.graph && rankings.includes('graph')) await addGraph(store, options.graph, rows, scores, filter);
  const vectorRanks = ranksOf(byVector);
  const keywordRanks = ranksOf(byKeyword);
  const ranked = [...scores].sort(([, a], [, b]) => b - a);
  let results: SearchResult[] = [];
  // The rest of a chunk is read for those that are shown, and for a few more in case some are copies.
  for (let start = 0; results.length < wanted && start < ranked.length; start += wanted + SPARE_ROWS) {
    const slice = ranked.slice(start, start + wanted + SPARE_ROWS);
    const whole = new Map((await store.chunks(slice.map(([id]) => id))).map((row) => [rowIdOf(row), row]));
    if (whole.size < slice.length) isWhole = false;
    const found = slice
      .filter(([id]) => whole.has(id))
      .map(([id, score]) => ({
        chunk: chunkOf({ ...rows.get(id), ...whole.get(id) }),
        score,
        vectorRank: vectorRanks.get(id) ?? null,
        keywordRank: keywordRanks.get(id) ?? null,
        dependencies: NO_DEPENDENCIES,
      }));
    results = foldDuplicates([...results, ...found], wanted);
  }
  const { graph } = options;
  if (graph) for (const result of results) result.dependencies = dependenciesOf(graph, result.chunk);
  return { results, isWhole };
}

const NO_DEPENDENCIES: Dependencies = { symbols: [], files: [] };

function dependenciesOf(graph: SymbolGraph, chunk: Chunk): Dependencies {
  const symbols = graph
    .dependencies(chunk)
    .map(({ path, symbol, startLine }) => ({ path, symbol, startLine }));
  return { symbols, files: graph.imports(chunk.path) };
}

/** Adds what the symbol graph says, and the chunks that only it knows of. */
async function addGraph(
  store: ChunkStore,
  graph: SymbolGraph,
  rows: Map<string, StoredRow>,
  scores: Map<string, number>,
  filter: string | null,
): Promise<void> {
  const ranked: Ranked[] = [...scores]
    .sort(([, a], [, b]) => b - a)
    .flatMap(([id, score]) => {
      const row = rows.get(id);
      return row === undefined ? [] : [{ id, score, ...rangeOf(row) }];
    });
  const { support, missing } = graphSupport(graph, ranked);
  for (const [id, value] of support) add(scores, id, GRAPH_WEIGHT * value);
  if (missing.length === 0) return;
  const at = ({ path, startLine }: CodeRange) =>
    `(path = ${sqlString(path)} AND \`startLine\` <= ${startLine} AND \`endLine\` >= ${startLine})`;
  const places = missing.map(({ place }) => at(place)).join(' OR ');
  const found = await store.where(filter === null ? places : `(${places}) AND ${filter}`, missing.length * 2);
  for (const row of found) {
    const { path, startLine, endLine } = rangeOf(row);
    const reason = missing.find(
      ({ place }) => place.path === path && place.startLine >= startLine && place.startLine <= endLine,
    );
    if (reason === undefined || rows.has(rowIdOf(row))) continue;
    rows.set(rowIdOf(row), row);
    scores.set(rowIdOf(row), GRAPH_WEIGHT * reason.support);
  }
}

const rangeOf = (row: StoredRow): CodeRange => ({
  path: String(row.path),
  startLine: Number(row.startLine),
  endLine: Number(row.endLine),
});

function ranksOf(found: ScoredRows): Map<string, number> {
  return new Map([...found.keys()].map((id, place) => [id, place + 1]));
}

function add(scores: Map<string, number>, id: string, value: number): void {
  scores.set(id, (scores.get(id) ?? 0) + value);
}

/** The last part of a row's symbol, in its own spelling. */
const lastPart = (row: StoredRow) => lastNameOf(String(row.symbol));

function nameWeight({ symbols, isWholeQuery }: QueryNames, row: StoredRow): number {
  if (isWholeQuery) return NAME_ALONE_WEIGHT;
  return symbols.includes(lastPart(row).toLowerCase()) ? SYMBOL_IN_SENTENCE_WEIGHT : PATH_IN_SENTENCE_WEIGHT;
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
  const bySymbol = symbols.length === 0 ? [] : [sqlIn('`symbolName`', symbols)];
  const byFileName = paths.length === 0 ? [] : [sqlIn('`fileName`', paths.map(fileNameOf))];
  // The first condition is what the indexes answer; for the end of a path alone every row would be looked at.
  const condition = `(${[...bySymbol, ...byFileName].join(' OR ')}) AND (${[...bySymbol, ...paths.map(isPath)].join(' OR ')})`;
  const rows = await store.where(filter === null ? condition : `${condition} AND ${filter}`, limit);
  const symbolOrder = (row: StoredRow) => {
    const place = symbols.indexOf(lastPart(row).toLowerCase());
    return place < 0 ? symbols.length : place;
  };
  return rows.sort(
    (a, b) =>
      symbolOrder(a) - symbolOrder(b) ||
      String(a.path).length - String(b.path).length ||
      Number(a.startLine) - Number(b.startLine),
  );
}

function filterOf({ languages, kinds, pathGlob, excludePaths }: SearchOptions): string | null {
  const conditions: string[] = [];
  if (languages && languages.length > 0) conditions.push(sqlIn('language', languages));
  if (kinds && kinds.length > 0) conditions.push(sqlIn('kind', kinds));
  if (pathGlob) conditions.push(pathCondition(pathGlob));
  if (excludePaths && excludePaths.length > 0) conditions.push(`NOT (${sqlIn('path', excludePaths)})`);
  return conditions.length === 0 ? null : conditions.map((condition) => `(${condition})`).join(' AND ');
}
