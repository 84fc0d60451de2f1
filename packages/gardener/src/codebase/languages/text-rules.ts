import type { SymbolKind } from './symbol-kind.js';

/** How the structure of a text without a grammar is found, line by line. */
export interface TextRules {
  /**
   * A line that opens a symbol. Group `name` is its name; the length of group `level` (1 where there is none) says what
   * it is inside of; group `what` chooses its kind.
   */
  symbol: RegExp;
  /**
   * A line that makes the line above it, which must stand alone, a symbol: of level 1 with group 1, of level 2 without.
   */
  underline?: RegExp;
  /** Kind by the lower-case text of group `what`; `section` where it is not listed. */
  kinds?: Readonly<Record<string, SymbolKind>>;
  /** A line before which a text that is too long may be divided. */
  statement: RegExp;
  /** Where it is given, a statement begins only after a line that this matches (and at the top). */
  statementEnd?: RegExp;
  /** A line that holds a comment only. */
  comment: RegExp;
  /**
   * Opens and closes text whose lines are neither symbol nor statement. The closing line
   * must match the same first group.
   */
  fence?: RegExp;
  /** A symbol ends before the next statement and not only before the next symbol of its level. */
  endsAtStatement?: boolean;
}
