import type { LanguageId } from './chunk-types.js';

export type SymbolKind =
  | 'function'
  | 'method'
  | 'class'
  | 'interface'
  | 'type'
  | 'enum'
  | 'namespace'
  | 'constant';

export type Visibility = 'public' | 'protected' | 'private';

/** A range of whole lines, 1-based and inclusive. */
export interface LineSpan {
  startLine: number;
  endLine: number;
}

/** A named declaration and the declarations inside it. */
export interface CodeSymbol extends LineSpan {
  name: string;
  /** With the names around it: `Class.method`. */
  qualifiedName: string;
  kind: SymbolKind;
  /** The declaration up to its body, in one line, without decorators. */
  signature: string;
  /** Docstring or leading doc comment, markers stripped, or null. */
  docstring: string | null;
  /** First line of the comments and decorators that belong to it; `startLine` when there are none. */
  leadLine: number;
  /** Offset in the text, in UTF-16 code units, of the declaration with its export or decorators. */
  startIndex: number;
  /** Offset just behind it. */
  endIndex: number;
  visibility: Visibility;
  /** Cyclomatic complexity: 1 + branches inside, nested symbols included. */
  complexity: number;
  /** Imported names that it uses. */
  imports: string[];
  /** Names of what it calls (`b` in `a.b()`), each once. */
  calls: string[];
  children: CodeSymbol[];
}

/** A name that a file binds by an import; `name` is null where none is bound (`import 'x'`, `export * from 'x'`). */
export interface ImportedName {
  name: string | null;
  /** As written, without quotes. */
  source: string;
  line: number;
}

/** Where a cut between two lines divides the code as its author would: the statements, and their statements. */
export interface StatementSpan extends LineSpan {
  /** First line of the comments and decorators that belong to it. */
  leadLine: number;
  children: StatementSpan[];
}

/** The structure of one source text. */
export interface ParseResult {
  language: LanguageId;
  /** Top-level symbols in order. */
  symbols: CodeSymbol[];
  imports: ImportedName[];
  statements: StatementSpan[];
  /** Lines of import statements. */
  importSpans: LineSpan[];
  /** Lines that hold nothing but comments. */
  commentSpans: LineSpan[];
  /** The line of every branch, ascending, with repeats. */
  branchLines: number[];
  /** Lines on which the parser met code it could not place. */
  errorSpans: LineSpan[];
  hasSyntaxErrors: boolean;
}
