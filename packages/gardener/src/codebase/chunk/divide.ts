import { present } from '../../garden/errors/present.js';
import type { LineSpan, StatementSpan } from '../parse/structure/code-structure.js';

/** How much one chunk may hold. */
export interface ChunkLimits {
  lines: number;
  characters: number;
}

/** Line ranges of a text with their sizes. */
export class LineSizes {
  private readonly offsets: Float64Array;
  private readonly nonBlank: Uint32Array;

  constructor(readonly lines: readonly string[]) {
    this.offsets = new Float64Array(lines.length + 1);
    this.nonBlank = new Uint32Array(lines.length + 1);
    let offset = 0;
    let written = 0;
    for (const [index, line] of lines.entries()) {
      offset += line.length + 1;
      if (line.trim() !== '') written++;
      this.offsets[index + 1] = offset;
      this.nonBlank[index + 1] = written;
    }
  }

  characters({ startLine, endLine }: LineSpan): number {
    return present(this.offsets[endLine]) - present(this.offsets[startLine - 1]);
  }

  nonBlankLines({ startLine, endLine }: LineSpan): number {
    if (endLine < startLine) return 0;
    return present(this.nonBlank[endLine]) - present(this.nonBlank[startLine - 1]);
  }

  /** The share of the limits that a range takes: above 1 it is too large for one chunk. */
  fill(range: LineSpan, limits: ChunkLimits): number {
    const lines = range.endLine - range.startLine + 1;
    return Math.max(lines / limits.lines, this.characters(range) / limits.characters);
  }

  /** The range without blank lines at its ends, or null when all of it is blank. */
  trimmed({ startLine, endLine }: LineSpan): LineSpan | null {
    let first = startLine;
    let last = endLine;
    while (first <= last && this.isBlank(first)) first++;
    while (last >= first && this.isBlank(last)) last--;
    return first > last ? null : { startLine: first, endLine: last };
  }

  isBlank(line: number): boolean {
    return (this.lines[line - 1] ?? '').trim() === '';
  }
}

/** A whole symbol or statement may be a little larger than the limits: dividing it would leave a sliver. */
export const WHOLE_FILL = 1.25;
// Text in which no statement begins (a long string, a long comment) is cut at its paragraphs, and at any line only
// where a paragraph is this many times too large.
const PATIENCE = 4;

/**
 * Divides a range that is too large at statement borders: at the outermost statements first, inside a statement only
 * when it alone is too large, then packs neighbours into parts of about equal size. The parts cover the range.
 */
export function divideAtStatements(
  range: LineSpan,
  statements: readonly StatementSpan[],
  sizes: LineSizes,
  limits: ChunkLimits,
): LineSpan[] {
  if (sizes.fill(range, limits) <= WHOLE_FILL) return [range];
  const pieces = cutAtStatements(range, statements, sizes, limits);
  return packEvenly(pieces, sizes, limits);
}

function cutAtStatements(
  range: LineSpan,
  statements: readonly StatementSpan[],
  sizes: LineSizes,
  limits: ChunkLimits,
): LineSpan[] {
  if (sizes.fill(range, limits) <= 1) return [range];
  const inside = overlapping(statements, range);
  if (inside.length === 0) return cutAtParagraphs(range, sizes, limits);
  const pieces: LineSpan[] = [];
  let start = range.startLine;
  let held: StatementSpan[] = [];
  const close = (end: number) => {
    if (end < start) return;
    const children = held.flatMap((statement) => statement.children);
    pieces.push(...cutAtStatements({ startLine: start, endLine: end }, children, sizes, limits));
    start = end + 1;
    held = [];
  };
  for (const statement of inside) {
    if (statement.leadLine > start) close(statement.leadLine - 1);
    held.push(statement);
  }
  close(range.endLine);
  return pieces;
}

function cutAtParagraphs(range: LineSpan, sizes: LineSizes, limits: ChunkLimits): LineSpan[] {
  const isBreak = (line: number) => sizes.isBlank(line) && !sizes.isBlank(line + 1);
  return cutWhere(range, isBreak).flatMap((paragraph) => {
    if (sizes.fill(paragraph, limits) <= PATIENCE) return [paragraph];
    let start = paragraph.startLine;
    return cutWhere(paragraph, (line) => {
      const isFull = sizes.fill({ startLine: start, endLine: line + 1 }, limits) > 1;
      if (isFull) start = line + 1;
      return isFull;
    });
  });
}

/** The range in parts, each ending at a line for which `endsAt` is true. */
function cutWhere(range: LineSpan, endsAt: (line: number) => boolean): LineSpan[] {
  const parts: LineSpan[] = [];
  let startLine = range.startLine;
  for (let line = range.startLine; line < range.endLine; line++) {
    if (!endsAt(line)) continue;
    parts.push({ startLine, endLine: line });
    startLine = line + 1;
  }
  parts.push({ startLine, endLine: range.endLine });
  return parts;
}

/** Joins neighbouring pieces into as few parts as fit, of about the same size. */
function packEvenly(pieces: readonly LineSpan[], sizes: LineSizes, limits: ChunkLimits): LineSpan[] {
  const total = pieces.reduce((sum, piece) => sum + sizes.fill(piece, limits), 0);
  const target = total / Math.ceil(total);
  const parts: LineSpan[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    const joined = last && { startLine: last.startLine, endLine: piece.endLine };
    const isSmall = last !== undefined && sizes.fill(last, limits) < target * 0.8;
    if (joined !== undefined && isSmall && sizes.fill(joined, limits) <= 1) parts[parts.length - 1] = joined;
    else parts.push({ ...piece });
  }
  return joinSlivers(parts, sizes, limits);
}

/** A closing bracket, one last statement or a lone first line is no part of its own. */
function joinSlivers(parts: LineSpan[], sizes: LineSizes, limits: ChunkLimits): LineSpan[] {
  const joined: LineSpan[] = [];
  const isSliver = (part: LineSpan) => sizes.nonBlankLines(part) <= 3 && sizes.fill(part, limits) < 0.15;
  for (const part of parts) {
    const last = joined.at(-1);
    const isFirst = joined.length === 1;
    if (last !== undefined && (isSliver(part) || (isFirst && isSliver(last)))) last.endLine = part.endLine;
    else joined.push({ ...part });
  }
  return joined;
}

/**
 * Those of neighbouring statements that have a line of the range. Neighbours begin and end in the order in which they
 * stand, so the first is found by halving: a file of thousands of statements is not gone through for each of them.
 */
export function overlapping(statements: readonly StatementSpan[], range: LineSpan): StatementSpan[] {
  let low = 0;
  let high = statements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((statements[middle]?.endLine ?? 0) < range.startLine) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while ((statements[end]?.startLine ?? Number.POSITIVE_INFINITY) <= range.endLine) end += 1;
  return statements.slice(low, end);
}
