import { fileRole } from '../ranking/file-role.js';
import type { ChunkStore } from '../store/chunk-store.js';
import { isRefusedExpression } from '../store/lance-table.js';
import { filterCondition, type SearchFilters } from './filters.js';
import { type LineQuery, linePattern, refusedPattern } from './line-pattern.js';

/** What to look for, where, and how many lines are wanted. */
export interface LineSearchOptions extends LineQuery, SearchFilters {
  /** Lines wanted, 1 to 1,000. Defaults to 100. */
  k?: number;
}

/** A line that was found. */
export interface FoundLine {
  path: string;
  /** 1-based. */
  line: number;
  /** Where in the line, 1-based, in UTF-16 code units; the end is the first behind it. */
  column: number;
  endColumn: number;
  text: string;
  language: string;
  /** Qualified name of the declaration around it, or null. */
  symbol: string | null;
}

/** The lines found, by path and place: source before tests and documentation. */
export interface LineSearch {
  lines: FoundLine[];
  /** Files that hold one of these lines. */
  files: number;
  /** There are more lines than were asked for, or than were looked at. */
  isCut: boolean;
}

const DEFAULT_LINES = 100;
const MAX_LINES = 1_000;
/** Chunks that are looked into: a pattern that stands everywhere must not read a whole codebase. */
const MAX_CHUNKS = 2_000;
const MAX_LINE_CHARACTERS = 1_000;

/**
 * Every line that holds a text or matches a regular expression, from the code as it is indexed (secrets are masked
 * there).
 * @throws GardenerError `retrieval.bad-pattern`, `retrieval.bad-glob`
 */
export async function searchLines(store: ChunkStore, options: LineSearchOptions): Promise<LineSearch> {
  const wanted = Math.min(Math.max(Math.trunc(options.k ?? DEFAULT_LINES), 1), MAX_LINES);
  const { condition, find } = linePattern(options);
  const filter = filterCondition(options);
  const asked = filter === null ? condition : `(${filter}) AND (${condition})`;
  const rows = await store.texts(asked, MAX_CHUNKS).catch((error: unknown) => {
    throw isRefusedExpression(error) ? refusedPattern(options, error) : error;
  });
  const isSource = (row: (typeof rows)[number]) => (fileRole(row.path, row.language) === 'source' ? 0 : 1);
  rows.sort((a, b) => isSource(a) - isSource(b) || compare(a.path, b.path) || a.startLine - b.startLine);
  const lines: FoundLine[] = [];
  let isCut = rows.length === MAX_CHUNKS;
  search: for (const { path, language, symbol, startLine, text } of rows) {
    for (const [place, line] of text.split('\n').entries()) {
      const shown = line.slice(0, MAX_LINE_CHARACTERS).replace(/\r$/, '');
      const found = find(shown);
      if (found === null) continue;
      if (lines.length === wanted) {
        isCut = true;
        break search;
      }
      const [start, end] = found;
      lines.push({
        ...{ path, language, symbol: symbol === '' ? null : symbol },
        ...{ line: startLine + place, column: start + 1, endColumn: end + 1, text: shown },
      });
    }
  }
  return { lines, files: new Set(lines.map(({ path }) => path)).size, isCut };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
