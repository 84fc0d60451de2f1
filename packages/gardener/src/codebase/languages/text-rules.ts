import type { SymbolKind } from './symbol-kind.js';

/** How the structure of a text without a grammar is found, line by line. */
export interface TextRules {
  /**
   * A line that opens a symbol. Group `name` is its name; the length of group `level` (1 where there is none) says what
   * it is inside of; group `what` chooses its kind.
   */
  symbol: RegExp;
  /**
   * An underline, which makes a symbol of the line above it if that is a paragraph of its own: of level 1 when group 1
   * took part in the match, else of level 2.
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
   * Opens and closes a block whose lines are neither symbols nor statements (a code block in Markdown). The closing
   * line's first group must equal the opening line's.
   */
  fence?: RegExp;
  /** Blocks of which the lines are text: what opens one, with a word that its end may name, and which line ends it. */
  enclosed?: readonly { open: RegExp; closes(line: string, word: string): boolean; isComment?: boolean }[];
  /** A symbol ends before the next statement and not only before the next symbol of its level. */
  endsAtStatement?: boolean;
}
