import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSource } from '../../packages/gardener/src/codebase/parse/parse-source.fixture.js';
import type { CodeSymbol } from '../../packages/gardener/src/codebase/parse/structure/code-structure.js';
import { readFileChunks } from '../../packages/gardener/src/codebase/read/chunk-codebase.js';
import { walkCodebase } from '../../packages/gardener/src/codebase/walk/walk.js';

/** A question and where its answer stands. */
export interface Query {
  text: string;
  path: string;
  /** Lines of the answer, 1-based; null when any place in the file is right. */
  lines: { start: number; end: number } | null;
}

const MIN_WORDS = 5;
const MAX_QUERY_CHARACTERS = 300;
const MIN_BODY_LINES = 3;
const TEST_PATH =
  /(^|\/)(tests?|testing|__tests__|spec|benches|examples)(\/|$)|[._-](test|spec)\.|_test\.|(^|\/)test_/;

/** A file while its docstrings are taken out. */
interface Source {
  path: string;
  language: string;
  lines: string[];
}

/**
 * Copies the code of `root` to `target` and takes the docstrings of up to `limit` symbols out of the copy; what they
 * said in their first sentence becomes the queries. Lines keep their numbers. Tests are left out. A symbol whose
 * docstring stands elsewhere too is not asked for.
 */
export async function makeDocstringQueries(root: string, target: string, limit: number): Promise<Query[]> {
  rmSync(target, { recursive: true, force: true });
  const sources: Source[] = [];
  const candidates: { source: Source; symbol: CodeSymbol; text: string }[] = [];
  for (const file of (await walkCodebase(root)).files) {
    if (TEST_PATH.test(file.path)) continue;
    const read = await readFileChunks(file);
    if (!('chunks' in read)) continue;
    const source = { path: file.path, language: file.language, lines: read.text.split('\n') };
    sources.push(source);
    for (const symbol of flat((await parseSource(file.language, read.text)).symbols)) {
      const text = firstSentence(symbol.docstring ?? '');
      if (text !== null && symbol.endLine - symbol.startLine + 1 >= MIN_BODY_LINES)
        candidates.push({ source, symbol, text });
    }
  }
  const counts = new Map<string, number>();
  for (const { text } of candidates) counts.set(text, (counts.get(text) ?? 0) + 1);
  const queries: Query[] = [];
  for (const { source, symbol, text } of shuffled(candidates.filter((one) => counts.get(one.text) === 1))) {
    if (queries.length === limit) break;
    if (!(await removeDocstring(source, symbol))) continue;
    queries.push({ text, path: source.path, lines: { start: symbol.startLine, end: symbol.endLine } });
  }
  for (const { path, lines } of sources) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), lines.join('\n'));
  }
  return queries;
}

const flat = (symbols: readonly CodeSymbol[]): CodeSymbol[] =>
  symbols.flatMap((symbol) => [symbol, ...flat(symbol.children)]);

/** What a reader would ask: the first sentence, without tags and markup; null when it says too little. */
function firstSentence(docstring: string): string | null {
  const paragraph = docstring
    .split(/\n\s*\n|\n\s*@/)[0]!
    .replace(/\{@\w+\s+([^}]*)\}/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  if (paragraph.startsWith('@')) return null;
  const sentence = (/^.*?[.!?](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph).slice(0, MAX_QUERY_CHARACTERS);
  return sentence.split(' ').length >= MIN_WORDS ? sentence : null;
}

/**
 * Blanks the docstring in the source; false, and nothing is changed, when the parser then still finds one, loses the
 * symbol, or meets errors that were not there.
 */
async function removeDocstring(source: Source, symbol: CodeSymbol): Promise<boolean> {
  const { lines, language } = source;
  const before = [...lines];
  if (language === 'python') blankFirstString(lines, symbol);
  else blankLeadingComments(lines, symbol);
  const parsed = await parseSource(language, lines.join('\n'));
  const found = flat(parsed.symbols).find(
    ({ qualifiedName, startLine }) =>
      qualifiedName === symbol.qualifiedName && startLine === symbol.startLine,
  );
  if (
    found &&
    found.docstring === null &&
    !parsed.errorSpans.some(({ startLine }) => inside(startLine, symbol))
  )
    return true;
  lines.splice(0, lines.length, ...before);
  return false;
}

const inside = (line: number, symbol: CodeSymbol) => line >= symbol.leadLine && line <= symbol.endLine;

/** Comment lines between the symbol's first comment or decorator and its declaration. */
function blankLeadingComments(lines: string[], symbol: CodeSymbol): void {
  let inBlock = false;
  for (let line = symbol.leadLine; line < symbol.startLine; line++) {
    const text = lines[line - 1]!.trim();
    if (text.startsWith('/*')) inBlock = true;
    if (inBlock || text.startsWith('//')) lines[line - 1] = '';
    if (inBlock && text.includes('*/')) inBlock = false;
  }
}

/** A Python docstring: the first string literal that stands alone on its lines, which become blank. */
function blankFirstString(lines: string[], symbol: CodeSymbol): void {
  for (let line = symbol.startLine + 1; line <= symbol.endLine; line++) {
    const opened = /^\s*[rRuUbB]*("""|'''|"|')/.exec(lines[line - 1]!);
    if (opened === null) continue;
    const quote = opened[1]!;
    let rest = lines[line - 1]!.slice(opened[0].length);
    let last = line;
    while (!rest.includes(quote) && last < symbol.endLine) rest = lines[last++]!;
    for (let blank = line; blank <= last; blank++) lines[blank - 1] = '';
    return;
  }
}

/** Shuffled by a fixed seed, so that every run asks the same. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  const result = [...items];
  const random = randomNumbers(7);
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}

/** Uniform numbers from 0 to 1 by mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
