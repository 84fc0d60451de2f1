import type { LanguageId } from '../../languages/language.js';
import type { SymbolKind } from '../../languages/symbol-kind.js';

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

/** A name that code calls or uses (a type, a base class), where it does so. */
export interface Reference {
  name: string;
  /** The name before it: `a` in `a.b()`, `x.a.b()` and `a::b()`; null without one. */
  receiver: string | null;
  /** Called, and not only named as a type or a module is. */
  isCall: boolean;
  line: number;
}

/** Where a cut between two lines divides the code as its author would: the statements, and their statements. */
export interface StatementSpan extends LineSpan {
  /** First line of the comments and decorators that belong to it. */
  leadLine: number;
  children: StatementSpan[];
}

/** What a source text declares and what it refers to. */
export interface CodeStructure {
  language: LanguageId;
  /** Top-level symbols in order. */
  symbols: CodeSymbol[];
  imports: ImportedName[];
  /** Calls and uses in order of place. */
  references: Reference[];
}

/** The structure of one source text, and what chunking needs to know of its lines. */
export interface ParseResult extends CodeStructure {
  /** Names that are made known here and are no symbols: of prototypes, and taken over from elsewhere. */
  declared: { name: string; startLine: number }[];
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
  /** Something the grammar does not know was left out or found by its words alone. */
  isRecovered?: boolean;
}
