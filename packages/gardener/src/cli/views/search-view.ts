import type { Why } from '../../retrieval/ranking/why.js';
import { bestLines } from '../../retrieval/search/best-lines.js';
import { groupByFile } from '../../retrieval/search/group-by-file.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import type { LineSearch } from '../../retrieval/search/search-lines.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine, plainText, truncate } from '../terminal/plain-text.js';
import { plural } from '../terminal/quantities.js';

const SNIPPET_LINES = 4;
const MIN_COLUMNS = 40;

/** How results are shown. */
export interface SearchViewOptions {
  query: string;
  palette: Palette;
  /** Width of the terminal. */
  columns: number;
  /** One line a file. */
  files: boolean;
  /** Why each was found, below it. */
  why: boolean;
}

/** Results by file: the best lines of the best chunk, further chunks of a file below it. */
export function renderResults(results: readonly SearchResult[], options: SearchViewOptions): string[] {
  const { palette, files } = options;
  return groupByFile(results).flatMap((file, place) => {
    const rank = String(file.rank).padStart(2);
    const [best, ...further] = file.results;
    if (best === undefined) return [];
    if (files) {
      const named = best.chunk.symbol === null ? '' : `  ${palette.quiet(oneLine(best.chunk.symbol))}`;
      const count = further.length === 0 ? '' : palette.quiet(`  ${plural(file.results.length, 'place')}`);
      return [`${rank}  ${placeOf(best, palette)}${named}${count}`, ...whyLine(best, options)];
    }
    return [
      ...(place === 0 ? [] : ['']),
      `${rank}  ${heading(best, palette)}`,
      ...whyLine(best, options),
      ...snippet(best, options),
      ...further.flatMap((result) => [`    ${heading(result, palette)}`, ...whyLine(result, options)]),
    ];
  });
}

function placeOf({ chunk }: SearchResult, { accent }: Palette): string {
  return accent(`${oneLine(chunk.path)}:${chunk.startLine}-${chunk.endLine}`);
}

function heading(result: SearchResult, palette: Palette): string {
  const { symbol, kind } = result.chunk;
  const { quiet, strong } = palette;
  const named = symbol === null ? quiet(kind) : `${strong(oneLine(symbol))} ${quiet(kind)}`;
  return `${placeOf(result, palette)}  ${named}`;
}

function snippet({ chunk }: SearchResult, { query, palette, columns }: SearchViewOptions): string[] {
  const best = bestLines(query, chunk, SNIPPET_LINES);
  return plainText(best.text)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) =>
      palette.quiet(truncate(`    ${line.replaceAll('\t', '  ')}`, Math.max(MIN_COLUMNS, columns - 1))),
    );
}

function whyLine({ why }: SearchResult, options: SearchViewOptions): string[] {
  return options.why ? [options.palette.quiet(`    ${describeWhy(why)}`)] : [];
}

/** Why a chunk was found, in words. */
export function describeWhy({ definition, name, path, words, meaning }: Why): string {
  const list = (found: readonly string[]) => found.map(oneLine).join(', ');
  const parts = [
    ...(definition === null ? [] : [`declares ${oneLine(definition)}`]),
    ...(name.length === 0 ? [] : [`name: ${list(name)}`]),
    ...(path.length === 0 ? [] : [`path: ${list(path)}`]),
    ...(words.length === 0 ? [] : [`words: ${list(words)}`]),
    ...(meaning === null ? [] : [`meaning: ${meaning.toFixed(2)}`]),
  ];
  return parts.length === 0 ? 'near in the ranking' : parts.join(' · ');
}

/** Lines as they were found, by file, the match stressed. */
export function renderLines(
  { lines, files, isCut }: LineSearch,
  { palette, columns, files: onlyFiles }: Pick<SearchViewOptions, 'palette' | 'columns' | 'files'>,
): string[] {
  const counts = new Map<string, number>();
  for (const { path } of lines) counts.set(path, (counts.get(path) ?? 0) + 1);
  const shown: string[] = [];
  let last = '';
  for (const { path, line, column, endColumn, text } of lines) {
    if (path !== last) {
      const count = onlyFiles ? palette.quiet(`  ${plural(counts.get(path) ?? 0, 'line')}`) : '';
      shown.push(...(last === '' || onlyFiles ? [] : ['']), `${palette.accent(oneLine(path))}${count}`);
    }
    last = path;
    if (onlyFiles) continue;
    const [before, match, after] = [
      text.slice(0, column - 1).trimStart(),
      text.slice(column - 1, endColumn - 1),
      text.slice(endColumn - 1),
    ].map((part) => plainText(part).replaceAll('\t', '  '));
    const number = palette.quiet(`${String(line).padStart(6)}  `);
    const room = Math.max(MIN_COLUMNS, columns - 9);
    const whole = `${before}${match}${after}`;
    shown.push(
      whole.length > room
        ? `${number}${truncate(whole, room)}`
        : `${number}${before}${palette.strong(match ?? '')}${after}`,
    );
  }
  const total = `${plural(lines.length, 'line')} in ${plural(files, 'file')}`;
  return [...shown, '', palette.quiet(isCut ? `${total}, and more: -k shows more of them` : total)];
}
