import { type ChunkLimits, divideAtStatements, type LineSizes } from './divide.js';
import type { CodeSymbol, LineSpan, StatementSpan, SymbolKind } from './parse-types.js';

/** A range that becomes one chunk. */
export interface Section extends LineSpan {
  /** The symbol it is, or is a part of; null for module-level code. */
  symbol: CodeSymbol | null;
  /** Whether the section is the whole symbol, its head (which a class keeps its name by), or a part of it. */
  role: 'whole' | 'head' | 'part';
}

interface Piece extends Section {
  /** Neighbours of which both are small become one section. */
  isSmall: boolean;
}

// Declarations up to this many lines are put together with their neighbours: a name and a line or two teach little alone.
const SMALL_LINES: Record<SymbolKind, number> = {
  function: 3,
  method: 3,
  class: 3,
  interface: 6,
  type: 6,
  enum: 6,
  namespace: 3,
  constant: 10,
};
const BODY_KINDS = new Set<SymbolKind>(['function', 'method']);

/**
 * Divides a file into sections that follow its structure and together hold every line that is not blank exactly once:
 * a symbol whole when it fits; otherwise its head and its parts, with the symbols inside it as sections of their own;
 * statements between symbols, and small neighbours, grouped.
 */
export function outlineSections(
  symbols: readonly CodeSymbol[],
  statements: readonly StatementSpan[],
  sizes: LineSizes,
  limits: ChunkLimits,
): Section[] {
  const outline = new Outline(statements, sizes, limits);
  return outline.cover({ startLine: 1, endLine: sizes.lines.length }, null, symbols);
}

class Outline {
  constructor(
    private readonly statements: readonly StatementSpan[],
    private readonly sizes: LineSizes,
    private readonly limits: ChunkLimits,
  ) {}

  /** Sections of a range that belongs to `owner` and holds these symbols. */
  cover(range: LineSpan, owner: CodeSymbol | null, symbols: readonly CodeSymbol[]): Section[] {
    const pieces: Piece[] = [];
    let cursor = range.startLine;
    for (const symbol of this.visible(range, owner, symbols)) {
      const start = Math.max(symbol.leadLine, range.startLine);
      // It begins on a line that is taken already: the two cannot be told apart by lines.
      if (start < cursor) {
        const last = pieces.at(-1);
        if (last !== undefined && symbol.endLine >= cursor) {
          last.endLine = Math.min(symbol.endLine, range.endLine);
          cursor = last.endLine + 1;
        }
        continue;
      }
      this.fill({ startLine: cursor, endLine: start - 1 }, owner, pieces);
      const end = Math.min(symbol.endLine, range.endLine);
      this.place({ startLine: start, endLine: end }, symbol, pieces);
      cursor = end + 1;
    }
    this.fill({ startLine: cursor, endLine: range.endLine }, owner, pieces);
    return this.group(pieces, owner);
  }

  // A symbol that begins where its owner begins (`const a = wrap(function b() {`) is not told apart from it: look inside.
  private visible(range: LineSpan, owner: CodeSymbol | null, symbols: readonly CodeSymbol[]): CodeSymbol[] {
    if (owner === null) return [...symbols];
    return symbols.flatMap((symbol) =>
      symbol.startLine <= Math.max(owner.startLine, range.startLine)
        ? this.visible(range, owner, symbol.children)
        : [symbol],
    );
  }

  private place(range: LineSpan, symbol: CodeSymbol, pieces: Piece[]): void {
    if (this.sizes.fill(range, this.limits) <= 1) {
      const isSmall = this.sizes.nonBlankLines(range) <= SMALL_LINES[symbol.kind];
      pieces.push({ ...range, symbol, role: 'whole', isSmall });
      return;
    }
    for (const section of this.cover(range, symbol, symbol.children))
      pieces.push({ ...section, isSmall: false });
  }

  /** Code between symbols. */
  private fill(range: LineSpan, owner: CodeSymbol | null, pieces: Piece[]): void {
    const trimmed = this.sizes.trimmed(range);
    if (trimmed === null) return;
    for (const part of divideAtStatements(trimmed, this.within(trimmed), this.sizes, this.limits)) {
      pieces.push({ ...part, symbol: owner, role: 'part', isSmall: true });
    }
  }

  // The outermost statements that do not reach out of the range.
  private within(range: LineSpan, statements = this.statements): StatementSpan[] {
    return statements.flatMap((statement) => {
      if (statement.endLine < range.startLine || statement.startLine > range.endLine) return [];
      const isInside = statement.startLine >= range.startLine && statement.endLine <= range.endLine;
      const isAll = statement.startLine === range.startLine && statement.endLine === range.endLine;
      return isInside && !isAll ? [statement] : this.within(range, statement.children);
    });
  }

  private group(pieces: readonly Piece[], owner: CodeSymbol | null): Section[] {
    const sections: Section[] = [];
    let run: Piece[] = [];
    const close = () => {
      if (run.length > 0) sections.push(this.join(run, owner));
      run = [];
    };
    for (const piece of pieces) {
      const first = run[0];
      const joined = first && { startLine: first.startLine, endLine: piece.endLine };
      if (!piece.isSmall || (joined !== undefined && this.sizes.fill(joined, this.limits) > 1)) close();
      if (piece.isSmall) run.push(piece);
      else sections.push(this.join([piece], owner));
    }
    close();
    return this.withoutSlivers(sections, owner);
  }

  private join(run: readonly Piece[], owner: CodeSymbol | null): Section {
    const range = { startLine: run[0]!.startLine, endLine: run.at(-1)!.endLine };
    if (run.length === 1) return { ...range, symbol: run[0]!.symbol, role: run[0]!.role };
    // One declaration with a line or two around it keeps its name.
    const whole = run.filter((piece) => piece.role === 'whole');
    const only = whole.length === 1 ? whole[0]! : null;
    const isMost = only !== null && this.sizes.nonBlankLines(only) >= 0.6 * this.sizes.nonBlankLines(range);
    return isMost
      ? { ...range, symbol: only.symbol, role: 'whole' }
      : { ...range, symbol: owner, role: 'part' };
  }

  /** Closing brackets and single statements go with what is before them (or after, at the start). */
  private withoutSlivers(sections: Section[], owner: CodeSymbol | null): Section[] {
    const kept: Section[] = [];
    let early: Section | null = null;
    for (const section of sections) {
      const isSliver =
        section.role === 'part' && section.symbol === owner && this.sizes.nonBlankLines(section) <= 2;
      const last = kept.at(-1);
      if (isSliver && last !== undefined) last.endLine = section.endLine;
      else if (isSliver && early === null && owner === null && sections.length > 1) early = section;
      else {
        kept.push(early === null ? section : { ...section, startLine: early.startLine });
        early = null;
      }
    }
    const first = kept[0];
    if (owner !== null && first?.role === 'part' && first.symbol === owner && !BODY_KINDS.has(owner.kind)) {
      first.role = 'head';
    }
    return kept;
  }
}
