import { popWhile } from '../parse/structure/sorted.js';
import type { GraphSymbol, SymbolGraph } from './symbol-graph.js';

/** One file of a map with the symbols chosen from it, in order of place. */
export interface MapFile {
  path: string;
  /** The sum of the ranks of all its symbols, what is private, local or of tests counted for less. */
  rank: number;
  symbols: MapSymbol[];
}

export interface MapSymbol extends GraphSymbol {
  /** How many chosen symbols it is inside of. */
  depth: number;
}

/** A ranked outline of a codebase. */
export interface ProjectMap {
  files: MapFile[];
  /** Estimated tokens of the map as text; at most the budget, unless not even one line fits. */
  tokens: number;
  /** Symbols in the graph, of which the map shows the most central ones. */
  symbolCount: number;
  fileCount: number;
}

/** Enough for a first look at a codebase, and a small part of any model's context. */
export const DEFAULT_MAP_TOKENS = 2_000;
/**
 * Code has three to four characters a token in the tokenizers of today's models. With the lower figure a map is
 * never larger than its budget.
 */
const CHARACTERS_PER_TOKEN = 3;
const MAX_SIGNATURE_CHARACTERS = 120;
// Private, constant and local declarations say less about the design of a codebase than their rank suggests.
const PRIVATE_SHARE = 0.4;
const CONSTANT_SHARE = 0.3;
const LOCAL_SHARE = 0.1;
// Helpers of tests are called from every test, and tell nothing about the product.
const TEST_SHARE = 0.03;
const TEST_PATH =
  /(?:^|[/._-])(?:[Tt]ests?|specs?|__tests__|testdata|testing|fixtures?|benchmarks?|examples?|samples?)(?:[/._-]|$)|[a-z\d](?:Tests?|Specs?)(?:\/|\.\w+$)/;

/**
 * The most central symbols of a project within a token budget, grouped by file, the most central files first.
 * @param tokens budget, by estimate (3 characters a token)
 */
export function mapProject(graph: SymbolGraph, tokens: number = DEFAULT_MAP_TOKENS): ProjectMap {
  const ranked = rankFiles(graph);
  // Equal ones stay as they are: by file, the most central first, and by place.
  const candidates = firstOfName(ranked.flatMap(({ symbols }) => symbols)).sort(
    (a, b) => worth(b) - worth(a),
  );
  const outline = (count: number) => arrange(candidates.slice(0, count), ranked);
  let low = 0;
  let high = candidates.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (tokensOf(outline(middle)) <= tokens) low = middle;
    else high = middle - 1;
  }
  const files = outline(low);
  return { files, tokens: tokensOf(files), symbolCount: graph.symbolCount, fileCount: graph.fileCount };
}

/** The map as text: a path, and below it one line a symbol with its line number. */
export function renderMap(files: readonly MapFile[]): string[] {
  return files.flatMap(({ path, symbols }, index) => [
    ...(index === 0 ? [] : ['']),
    path,
    ...symbols.map((symbol) => `${String(symbol.startLine).padStart(6)}  ${symbolLine(symbol)}`),
  ]);
}

/** A symbol in one line, indented by what it is inside of. */
export function symbolLine({ depth, signature, symbol }: MapSymbol): string {
  const text = signature === '' ? symbol : signature;
  const short =
    text.length > MAX_SIGNATURE_CHARACTERS ? `${text.slice(0, MAX_SIGNATURE_CHARACTERS - 1)}…` : text;
  return `${'  '.repeat(depth)}${short}`;
}

interface RankedFile {
  path: string;
  rank: number;
  symbols: GraphSymbol[];
}

function rankFiles(graph: SymbolGraph): RankedFile[] {
  const files = graph.files().map(({ path }) => {
    const symbols = graph.symbolsOf(path);
    const rank = symbols.reduce((sum, symbol) => sum + worth(symbol), 0);
    return { path, rank: Math.round(rank * 1000) / 1000, symbols };
  });
  return files.sort((a, b) => b.rank - a.rank || (a.path < b.path ? -1 : 1));
}

/** Without later declarations of one name in one file: Rust's `impl` blocks are shown for what is in them only. */
function firstOfName(symbols: readonly GraphSymbol[]): GraphSymbol[] {
  const seen = new Set<string>();
  return symbols.filter(({ path, symbol }) => {
    const key = `${path}\0${symbol}`;
    return !seen.has(key) && seen.add(key);
  });
}

function worth({ path, rank, isPrivate, isLocal, kind }: GraphSymbol): number {
  const shares = [
    isPrivate ? PRIVATE_SHARE : 1,
    isLocal ? LOCAL_SHARE : 1,
    kind === 'constant' ? CONSTANT_SHARE : 1,
    TEST_PATH.test(path) ? TEST_SHARE : 1,
  ];
  return shares.reduce((product, share) => product * share, rank);
}

/** The chosen symbols with those they are inside of, under their files. */
function arrange(chosen: readonly GraphSymbol[], ranked: readonly RankedFile[]): MapFile[] {
  const wanted = new Set(chosen);
  return ranked
    .map(({ path, rank, symbols }) => ({ path, rank, symbols: withHolders(symbols, wanted) }))
    .filter(({ symbols }) => symbols.length > 0);
}

/** Those of a file's symbols that are wanted or hold one that is. */
function withHolders(symbols: readonly GraphSymbol[], wanted: ReadonlySet<GraphSymbol>): MapSymbol[] {
  const shown = new Set<GraphSymbol>();
  const outside = new Map<GraphSymbol, readonly GraphSymbol[]>();
  const open: GraphSymbol[] = [];
  for (const symbol of symbols) {
    popWhile(open, (last) => !holds(last, symbol));
    outside.set(symbol, [...open]);
    open.push(symbol);
    if (wanted.has(symbol)) for (const each of open) shown.add(each);
  }
  return [...outside].flatMap(([symbol, outer]) =>
    shown.has(symbol) ? [{ ...symbol, depth: outer.filter((each) => shown.has(each)).length }] : [],
  );
}

function holds(outer: GraphSymbol, inner: GraphSymbol): boolean {
  return outer.path === inner.path && inner.parent !== null && inner.symbol.startsWith(`${outer.symbol}.`);
}

function tokensOf(files: readonly MapFile[]): number {
  const characters = renderMap(files).reduce((sum, line) => sum + line.length + 1, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
