import { present } from '../../../garden/errors/present.js';
import type { Language } from '../../languages/language.js';
import type { SymbolKind } from '../../languages/symbol-kind.js';
import type { TextRules } from '../../languages/text-rules.js';
import type { CodeSymbol, ParseResult, StatementSpan } from './code-structure.js';
import { docstringText } from './signature.js';
import { countBefore, popWhile } from './sorted.js';

const MAX_NAME_CHARACTERS = 120;
const MAX_SIGNATURE_CHARACTERS = 200;

interface Opening {
  line: number;
  level: number;
  name: string;
  what: string;
}

/** The structure of a text that has no grammar, from its lines. */
export function readTextStructure(language: Language, rules: TextRules, text: string): ParseResult {
  const lines = text.split('\n');
  const { openings, breaks, comments } = readLines(lines, rules);
  const starts = [...new Set([...openings.map(({ line }) => line), ...breaks])].sort((a, b) => a - b);
  const leadLine = (line: number) => {
    let first = line;
    while (comments.has(first - 1)) first--;
    return first;
  };
  return {
    language: language.id,
    symbols: nestSymbols(
      openings,
      starts,
      lines,
      leadLine,
      rules.endsAtStatement ?? false,
      rules.kinds ?? {},
    ),
    imports: [],
    references: [],
    declared: [],
    statements: spansBetween(starts, lines.length, leadLine),
    importSpans: [],
    commentSpans: [...comments].map((line) => ({ startLine: line, endLine: line })),
    branchLines: [],
    errorSpans: [],
    hasSyntaxErrors: false,
  };
}

function readLines(lines: readonly string[], rules: TextRules) {
  const openings: Opening[] = [];
  const breaks: number[] = [];
  const comments = new Set<number>();
  const isBlank = (line: number) => lineOf(lines, line).trim() === '';
  const open = (line: number, name: string, level: number, what: string) => {
    const clean = name
      .trim()
      .replace(/["'`[\]]/g, '')
      .slice(0, MAX_NAME_CHARACTERS);
    if (clean !== '') openings.push({ line, level, name: clean, what: what.toLowerCase() });
  };
  let fence: string | null = null;
  let enclosed: { closes(line: string): boolean; isComment?: boolean } | null = null;
  let written = '';
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    if (enclosed !== null) {
      if (enclosed.isComment === true) comments.add(line);
      if (enclosed.closes(content)) enclosed = null;
      continue;
    }
    const mark = rules.fence?.exec(content)?.[1] ?? null;
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
      written = content;
      continue;
    }
    const isAfterEnd = rules.statementEnd?.test(written) ?? true;
    const mayBegin = written === '' || isAfterEnd;
    const symbol = mayBegin ? rules.symbol.exec(content) : null;
    const underline = rules.underline?.exec(content);
    if (symbol !== null) {
      const { name = '', level, what = '' } = symbol.groups ?? {};
      open(line, name, level?.length ?? 1, what);
    } else if (underline && line > 1 && !isBlank(line - 1) && isBlank(line - 2)) {
      open(line - 1, lineOf(lines, line - 1), underline[1] === undefined ? 2 : 1, '');
    }
    if (rules.comment.test(content)) comments.add(line);
    else if (mayBegin && rules.statement.test(content)) breaks.push(line);
    if (mark !== null) fence = mark;
    for (const { open: opens, closes, isComment = false } of rules.enclosed ?? []) {
      const word = opens.exec(content)?.[1];
      if (word === undefined || comments.has(line)) continue;
      if (isComment) comments.add(line);
      enclosed = { closes: (next) => closes(next, word), isComment };
    }
    if (!isBlank(line) && !comments.has(line)) written = content;
  }
  return { openings, breaks, comments };
}

function nestSymbols(
  openings: readonly Opening[],
  starts: readonly number[],
  lines: readonly string[],
  leadLine: (line: number) => number,
  endsAtStatement: boolean,
  kinds: Readonly<Record<string, SymbolKind>>,
): CodeSymbol[] {
  const offsets = lineOffsets(lines);
  const top: CodeSymbol[] = [];
  const open: { level: number; symbol: CodeSymbol }[] = [];
  const closeWhile = (isOver: (last: { level: number }) => boolean, endLine: number) => {
    for (const { symbol } of popWhile(open, isOver)) {
      symbol.endLine = lastWritten(lines, symbol.startLine, endLine);
      symbol.endIndex = present(offsets[symbol.endLine]) - 1;
    }
  };
  for (const { line, level, name, what } of openings) {
    const lead = leadLine(line);
    closeWhile((last) => last.level >= level, lead - 1);
    const parent = open.at(-1)?.symbol;
    const symbol: CodeSymbol = {
      name,
      qualifiedName: parent === undefined ? name : `${parent.qualifiedName}.${name}`,
      kind: kinds[what] ?? 'section',
      signature: lineOf(lines, line).trim().slice(0, MAX_SIGNATURE_CHARACTERS),
      docstring: docstringText(lines.slice(lead - 1, line - 1).join('\n')),
      startLine: line,
      endLine: line,
      leadLine: lead,
      startIndex: present(offsets[line - 1]),
      endIndex: present(offsets[line]) - 1,
      visibility: 'public',
      complexity: 1,
      imports: [],
      calls: [],
      children: [],
    };
    (parent?.children ?? top).push(symbol);
    open.push({ level, symbol });
    if (!endsAtStatement) continue;
    const next = starts[countBefore(starts, (start) => start <= line)];
    closeWhile((last) => last.level === level, (next === undefined ? lines.length + 1 : leadLine(next)) - 1);
  }
  closeWhile(() => true, lines.length);
  return top;
}

/** The text of a line, counted from 1; nothing beyond the ends. */
function lineOf(lines: readonly string[], line: number): string {
  return lines[line - 1] ?? '';
}

function lineOffsets(lines: readonly string[]): number[] {
  let end = 0;
  return [0, ...lines.map((line) => (end += line.length + 1))];
}

function lastWritten(lines: readonly string[], first: number, last: number): number {
  let line = last;
  while (line > first && lineOf(lines, line).trim() === '') line--;
  return line;
}

function spansBetween(
  starts: readonly number[],
  lastLine: number,
  leadLine: (line: number) => number,
): StatementSpan[] {
  return starts.map((startLine, index) => {
    const next = starts[index + 1];
    const endLine = (next === undefined ? lastLine + 1 : leadLine(next)) - 1;
    return { startLine, endLine, leadLine: leadLine(startLine), children: [] };
  });
}
