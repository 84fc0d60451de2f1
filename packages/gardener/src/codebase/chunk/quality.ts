import type { LineSpan } from '../parse/structure/code-structure.js';

/** What is held against a chunk, and how much of its worth it takes. */
const DEDUCTIONS = {
  'licence-header-only': 0.9,
  minified: 0.7,
  'data-table': 0.6,
  duplicated: 0.6,
  generated: 0.6,
  'too-short': 0.5,
  'imports-only': 0.5,
  'comments-only': 0.4,
  'syntax-errors': 0.3,
} as const;

export type QualityReason = keyof typeof DEDUCTIONS;

const MIN_LINES = 3;
const MIN_CHARACTERS = 60;
const MAX_LINE_CHARACTERS = 500;
const MIN_TABLE_LINES = 8;
const TABLE_SHARE = 0.8;

/** Which lines of a file are only comments, imports, or not understood. */
export class LineMarks {
  private readonly comments = new Set<number>();
  private readonly imports = new Set<number>();
  private readonly errors = new Set<number>();

  constructor(comments: readonly LineSpan[], imports: readonly LineSpan[], errors: readonly LineSpan[]) {
    mark(this.comments, comments);
    mark(this.imports, imports);
    mark(this.errors, errors);
  }

  isComment(line: number): boolean {
    return this.comments.has(line);
  }

  isImport(line: number): boolean {
    return this.imports.has(line);
  }

  isError(line: number): boolean {
    return this.errors.has(line);
  }
}

function mark(lines: Set<number>, spans: readonly LineSpan[]): void {
  for (const { startLine, endLine } of spans)
    for (let line = startLine; line <= endLine; line++) lines.add(line);
}

/** How much a chunk is worth for training: 1 less what is held against it, at least 0. */
export function scoreQuality(reasons: readonly QualityReason[]): { score: number; reasons: string[] } {
  const score = reasons.reduce((left, reason) => left - DEDUCTIONS[reason], 1);
  return { score: Math.round(Math.max(0, score) * 100) / 100, reasons: [...reasons] };
}

/** What is to be held against the chunk of `lines`, the first of which is line `startLine` of its file. */
export function qualityReasons(
  lines: readonly string[],
  startLine: number,
  marks: LineMarks,
): QualityReason[] {
  const written = lines
    .map((text, index) => ({ text, line: startLine + index }))
    .filter(({ text }) => text.trim() !== '');
  const reasons: QualityReason[] = [];
  const code = written.filter(({ line }) => !marks.isComment(line));
  if (code.length === 0) {
    const isLicence = /licen[cs]e|copyright|\bSPDX\b/i.test(lines.join('\n'));
    reasons.push(isLicence ? 'licence-header-only' : 'comments-only');
  } else if (code.every(({ line }) => marks.isImport(line))) reasons.push('imports-only');
  const characters = written.reduce((sum, { text }) => sum + text.trim().length, 0);
  if (written.length < MIN_LINES || characters < MIN_CHARACTERS) reasons.push('too-short');
  if (lines.some((line) => line.length > MAX_LINE_CHARACTERS)) reasons.push('minified');
  if (code.length >= MIN_TABLE_LINES) {
    const literal = code.filter(({ text }) => isLiteralLine(text)).length;
    if (literal / code.length >= TABLE_SHARE) reasons.push('data-table');
  }
  if (written.some(({ line }) => marks.isError(line))) reasons.push('syntax-errors');
  return reasons;
}

/** Whether nothing but literals, their keys and punctuation stands on a line. */
function isLiteralLine(text: string): boolean {
  const rest = text
    .replace(/(["'`])(?:\\.|(?!\1).)*\1/g, '0')
    .replace(/^\s*[\w$-]+\s*:/, '')
    .replace(/\b(?:true|false|null|None|True|False|undefined)\b/g, '0')
    .replace(/[-+]?(?:0x[\da-f]+|\d[\d_.]*(?:e[-+]?\d+)?)n?/gi, '');
  return /^[\s,;:()[\]{}.-]*$/.test(rest) && /\S/.test(text.replace(/[()[\]{},;]/g, ''));
}
