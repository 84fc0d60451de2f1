import type { SymbolKind } from '../languages/symbol-kind.js';
import type { CodeSymbol, LineSpan, StatementSpan } from '../parse/structure/code-structure.js';
import { type ChunkLimits, divideAtStatements, type LineSizes, overlapping, WHOLE_FILL } from './divide.js';

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

// Declarations up to this many lines are put together with their neighbours: a name and a
// line or two teach little alone.
const SMALL_LINES: Record<SymbolKind, number> = {
  function: 3,
  method: 3,
  class: 3,
  interface: 6,
  type: 6,
  enum: 6,
  namespace: 3,
  constant: 10,
  section: 8,
};
// From this size on, a declaration inside a function or a statement is a section of its own. A smaller one is only
// where the function or statement around it takes more than HUGE_FILL chunks.
const INNER_LINES = 15;
const HUGE_FILL = 4;
/** Symbols whose insides are statements. */
export const BODY_KINDS = new Set<SymbolKind>(['function', 'method']);

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
      // It begins on a line of the symbol before it: lines cannot divide the two, so they become one piece.
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

  /** The symbols that are worth a section of their own inside this range. */
  private visible(range: LineSpan, owner: CodeSymbol | null, symbols: readonly CodeSymbol[]): CodeSymbol[] {
    return symbols.flatMap((symbol) => {
      // One that begins where its owner begins (`const a = wrap(function b() {`) is not
      // told apart from it: look inside.
      if (owner !== null && symbol.startLine <= Math.max(owner.startLine, range.startLine)) {
        return this.visible(range, owner, symbol.children);
      }
      const around =
        owner !== null && BODY_KINDS.has(owner.kind) ? owner : this.statementAround(symbol, range);
      if (around === null || this.sizes.nonBlankLines(symbol) >= INNER_LINES) {
        const fits = around !== null && this.sizes.fill(around, this.limits) <= WHOLE_FILL;
        return fits ? [] : [symbol];
      }
      const isHuge = this.sizes.fill(around, this.limits) > HUGE_FILL;
      return isHuge && this.sizes.nonBlankLines(symbol) > SMALL_LINES[symbol.kind] ? [symbol] : [];
    });
  }

  // The statement of this range that a symbol is only a part of: a call it is passed to, a condition it stands under.
  private statementAround(symbol: CodeSymbol, range: LineSpan): StatementSpan | null {
    for (const statement of this.within(range, symbol)) {
      if (statement.startLine > symbol.startLine || statement.endLine < symbol.endLine) continue;
      const isLarger = statement.startLine < symbol.startLine || statement.endLine > symbol.endLine;
      return isLarger ? statement : null;
    }
    return null;
  }

  private place(range: LineSpan, symbol: CodeSymbol, pieces: Piece[]): void {
    // A class is better divided than a function: its methods stand alone.
    const canDivide = symbol.children.length > 0 && !BODY_KINDS.has(symbol.kind);
    if (this.sizes.fill(range, this.limits) <= (canDivide ? 1 : WHOLE_FILL)) {
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

  // The outermost statements that do not reach out of the range; of these the ones that have a line of `lines`.
  private within(range: LineSpan, lines = range, statements = this.statements): StatementSpan[] {
    return overlapping(statements, lines).flatMap((statement) =>
      isPartOf(range, statement) ? [statement] : this.within(range, lines, statement.children),
    );
  }

  private group(pieces: readonly Piece[], owner: CodeSymbol | null): Section[] {
    const sections: Section[] = [];
    let run: Piece[] = [];
    const close = () => {
      const [first, ...others] = run;
      if (first !== undefined) sections.push(this.join([first, ...others], owner));
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

  private join(run: readonly [Piece, ...Piece[]], owner: CodeSymbol | null): Section {
    const [first] = run;
    const range = { startLine: first.startLine, endLine: (run.at(-1) ?? first).endLine };
    if (run.length === 1) return { ...range, symbol: first.symbol, role: first.role };
    // One declaration with a line or two around it keeps its name.
    const whole = run.filter((piece) => piece.role === 'whole');
    const [only] = whole.length === 1 ? whole : [];
    const share = owner?.kind === 'namespace' ? 0.5 : 0.75;
    const isMost =
      only !== undefined && this.sizes.nonBlankLines(only) >= share * this.sizes.nonBlankLines(range);
    return isMost
      ? { ...range, symbol: only.symbol, role: 'whole' }
      : { ...range, symbol: owner, role: 'part' };
  }

  /**
   * Joins a section of one or two lines to its neighbour: an opening line to what follows it, a
   * closing bracket to what it closes.
   */
  private withoutSlivers(sections: Section[], owner: CodeSymbol | null): Section[] {
    const kept: Section[] = [];
    let early: Section | null = null;
    for (const [index, section] of sections.entries()) {
      const last = kept.at(-1);
      const isLast = index === sections.length - 1;
      if (early === null && this.isSliver(section, owner)) {
        if (last !== undefined && (isLast || section.role === 'part')) {
          last.endLine = section.endLine;
          continue;
        }
        // The line that opens a namespace says little alone; the head of a class is its name.
        if (!isLast && (last !== undefined || owner === null || owner.kind === 'namespace')) {
          early = section;
          continue;
        }
      }
      kept.push(early === null ? section : { ...section, startLine: early.startLine });
      early = null;
    }
    const first = kept[0];
    if (owner !== null && first?.role === 'part' && first.symbol === owner && !BODY_KINDS.has(owner.kind)) {
      first.role = 'head';
    }
    return kept;
  }

  private isSliver(section: Section, owner: CodeSymbol | null): boolean {
    const isBody = section.symbol !== null && BODY_KINDS.has(section.symbol.kind);
    if (section.role === 'whole' ? isBody : section.symbol !== owner) return false;
    return this.sizes.nonBlankLines(section) <= 2 && this.sizes.fill(section, this.limits) < 0.1;
  }
}

/** Whether a span is inside a range without being all of it. */
function isPartOf(range: LineSpan, { startLine, endLine }: LineSpan): boolean {
  const isInside = startLine >= range.startLine && endLine <= range.endLine;
  return isInside && (startLine > range.startLine || endLine < range.endLine);
}
