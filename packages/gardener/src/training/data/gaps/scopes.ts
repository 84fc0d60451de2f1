import type { LanguageId } from '../../../codebase/languages/language.js';
import { findLanguage } from '../../../codebase/languages/languages.js';

/** What a gap spans: the rest of a line, of a statement over several lines, of a body, or the arguments of one call. */
export const SCOPE_KINDS = ['line', 'statement', 'body', 'arguments'] as const;

/** See `SCOPE_KINDS`. */
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** A part of a text that a person would type in one go: [start, end), offsets in UTF-16 code units. */
export interface Scope {
  kind: ScopeKind;
  start: number;
  end: number;
}

/** What is known of one line: where it lies, and how deep in brackets it begins and ends. */
interface Line {
  start: number;
  /** Before its line end. */
  end: number;
  /** First character that is no white space; `end` in an empty line. */
  codeStart: number;
  /** Open brackets at its start; null inside a string or comment that began above. */
  depth: number | null;
}

/** A matched pair of brackets: offsets of both. */
interface Pair {
  open: number;
  close: number;
}

/** Longest gap, characters: arXiv 2602.05780 trains on targets of up to 1,000 bytes. */
export const MAX_SCOPE_CHARS = 1_000;
/** Where indentation alone marks a body, its end is searched for within this many characters only. */
const MAX_BODY_CHARS = 4 * MAX_SCOPE_CHARS;
/** Shorter gaps teach nothing. A line's rest and arguments are short by nature, several lines are not. */
const MIN_CHARS: Record<ScopeKind, number> = { line: 8, statement: 50, body: 50, arguments: 12 };

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * All scopes of a text from which a gap may be chosen, in order of their start. Found by brackets and indentation,
 * outside of strings and comments: the same for every language, and a text that is not quite right still has most of
 * its scopes. A scope that begins in the middle of a line begins at a border between words.
 */
export function findScopes(text: string, language: LanguageId): Scope[] {
  const { lines, pairs } = readBrackets(text, lineCommentOf(language));
  const scopes = [
    ...lines.flatMap((line) => restsOfLine(text, line)),
    ...lines.flatMap((_, index) => restOfStatement(lines, index)),
    ...pairs.flatMap((pair) => bracketed(text, pair)),
    ...lines.flatMap((_, index) => indentedBody(text, lines, index)),
  ];
  return scopes
    .filter(({ kind, start, end }) => end - start >= MIN_CHARS[kind] && end - start <= MAX_SCOPE_CHARS)
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

function lineCommentOf(language: LanguageId): string {
  return findLanguage(language)?.lineComment[0].trim() ?? '//';
}

/** One pass over the text: its lines, and every pair of brackets that stands in code. */
function readBrackets(text: string, lineComment: string): { lines: Line[]; pairs: Pair[] } {
  const lines: Line[] = [];
  const pairs: Pair[] = [];
  const open: { bracket: string; at: number }[] = [];
  let lineStart = 0;
  let depth: number | null = 0;
  const endLine = (at: number, inside: boolean) => {
    const end = text[at - 1] === '\r' ? at - 1 : at;
    lines.push({
      start: lineStart,
      end,
      codeStart: lineStart + indentation(text.slice(lineStart, end)),
      depth,
    });
    lineStart = at + 1;
    depth = inside ? null : open.length;
  };
  let at = 0;
  while (at < text.length) {
    const skipped = skipTextOrComment(text, at, lineComment);
    for (let i = at; i < skipped; i++) if (text[i] === '\n') endLine(i, i + 1 < skipped);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const char = text.charAt(at);
    if (char === '\n') endLine(at, false);
    else if (char in CLOSING) open.push({ bracket: char, at });
    else if (char === ')' || char === ']' || char === '}') {
      const last = open.at(-1);
      if (last && CLOSING[last.bracket] === char) {
        open.pop();
        pairs.push({ open: last.at, close: at });
      }
    }
    at++;
  }
  endLine(text.length, false);
  return { lines, pairs };
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

/**
 * Where the string or comment that begins at `at` ends, or `at` where none begins. An
 * unclosed string ends with its line.
 */
function skipTextOrComment(text: string, at: number, lineComment: string): number {
  const char = text.charAt(at);
  if (text.startsWith(lineComment, at) && (lineComment !== '#' || /\s|^$/.test(text.charAt(at - 1)))) {
    return endOr(text.indexOf('\n', at), text.length);
  }
  if (text.startsWith('/*', at)) return after(text, '*/', at + 2);
  for (const quotes of ['"""', "'''"]) if (text.startsWith(quotes, at)) return after(text, quotes, at + 3);
  if (char !== '"' && char !== "'" && char !== '`') return at;
  // A quote behind a letter or digit is an apostrophe, a lifetime or a digit separator.
  if (char === "'" && /[\p{L}\p{N}&<]/u.test(text.charAt(at - 1))) return at;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === char) return i + 1;
    else if (text[i] === '\n' && char !== '`') return at + 1;
  }
  return at + 1;
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function endOr(found: number, otherwise: number): number {
  return found < 0 ? otherwise : found;
}

/** From every border between words of a line, after its first word, to its end. */
function restsOfLine(text: string, { codeStart, end, depth }: Line): Scope[] {
  if (depth === null) return [];
  const code = text.slice(codeStart, end);
  return [...code.matchAll(/(?<=[\s.(,=[{<:])\S/g)].map(({ index }) => ({
    kind: 'line' as const,
    start: codeStart + index,
    end,
  }));
}

/**
 * A statement of several lines, from its first word: to the end of the first later line after
 * which no bracket of it is open.
 */
function restOfStatement(lines: readonly Line[], index: number): Scope[] {
  const line = lines[index];
  if (!line || line.depth === null || line.codeStart === line.end) return [];
  const next = lines[index + 1]?.depth;
  if (typeof next !== 'number' || next <= line.depth) return [];
  for (let last = index + 1; last < lines.length; last++) {
    const end = lines[last]?.end ?? 0;
    if (end - line.codeStart > MAX_SCOPE_CHARS) return [];
    const depthAfter = lines[last + 1]?.depth;
    if (depthAfter !== undefined && depthAfter !== null && depthAfter <= line.depth) {
      return [{ kind: 'statement', start: line.codeStart, end }];
    }
  }
  return [];
}

/** The arguments between round brackets, or, from each line of a body between braces, the rest of that body. */
function bracketed(text: string, { open, close }: Pair): Scope[] {
  if (text[open] === '(') {
    const isCall = /[\p{L}\p{N}_)\]>]/u.test(text.charAt(open - 1));
    return isCall ? [{ kind: 'arguments', start: open + 1, end: close }] : [];
  }
  const inside = text.slice(open + 1, close);
  if (text[open] !== '{' || !inside.includes('\n')) return [];
  const end = open + 1 + inside.trimEnd().length;
  // No scope is longer than the limit, so only its last lines can begin one.
  const from = Math.max(open + 1, end - MAX_SCOPE_CHARS - 1);
  return lineStartsWithin(text, from, end).map((start) => ({ kind: 'body', start, end }));
}

/** From each line of a body that only indentation marks (Python), the rest of that body. */
function indentedBody(text: string, lines: readonly Line[], index: number): Scope[] {
  const head = lines[index];
  if (!head || head.depth === null || !text.slice(head.codeStart, head.end).endsWith(':')) return [];
  const headIndentation = head.codeStart - head.start;
  let end = head.end;
  for (let next = index + 1; next < lines.length; next++) {
    const line = lines[next];
    if (!line || line.codeStart === line.end) continue;
    if (line.depth !== null && line.codeStart - line.start <= headIndentation) break;
    if (line.end - head.end > MAX_BODY_CHARS) return [];
    end = line.end;
  }
  return lineStartsWithin(text, head.end, end).map((start) => ({ kind: 'body', start, end }));
}

/** The first word of every line that begins between two places. */
function lineStartsWithin(text: string, from: number, to: number): number[] {
  return [...text.slice(from, to).matchAll(/\n[ \t]*(?=\S)/g)].map(
    ({ index, 0: lead }) => from + index + lead.length,
  );
}
