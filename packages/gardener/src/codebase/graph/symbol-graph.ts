import type { SymbolKind } from '../languages/symbol-kind.js';

/** Lines of one file, 1-based and inclusive. Every Chunk is one. */
export interface CodeRange {
  /** Relative to the project root, forward slashes. */
  path: string;
  startLine: number;
  endLine: number;
}

/** A declaration as the graph knows it. */
export interface GraphSymbol extends CodeRange {
  /** Qualified name within its file: `Class.method`. */
  symbol: string;
  kind: SymbolKind;
  /** The declaration up to its body, in one line. */
  signature: string;
  /**
   * How central it is: PageRank over calls, uses of types and imports, scaled so that 1 is the mean of all symbols and
   * files. What nothing refers to has about 0.2; what the whole project rests on has 50 and more.
   */
  rank: number;
  /** Whether its language keeps it from other files or classes. */
  isPrivate: boolean;
  /** Qualified name of the symbol it is declared in, or null. */
  parent: string | null;
  /** Whether it is declared inside a function or method. */
  isLocal: boolean;
}

/** A symbol at the other end of an edge. */
export interface Neighbour extends CodeRange {
  /** Qualified name within its file: `Class.method`. */
  symbol: string;
  kind: SymbolKind;
  /**
   * How strong the edge is: the square root of how often it is referred to, divided among
   * the symbols the name may mean.
   */
  weight: number;
}

/**
 * Who defines, calls, uses and imports what in one project, in memory. What is asked of a place takes microseconds, so
 * search may ask for each of its results; what speaks of ranks looks at the whole project once after each change. Edges
 * come from matching names, so they are likely but not certain.
 */
export interface SymbolGraph {
  /** Files in the graph. */
  readonly fileCount: number;
  /** Symbols in the graph. */
  readonly symbolCount: number;
  /** Symbols of other places that the code of a range calls or uses, strongest first. @param limit default 8 */
  dependencies(range: CodeRange, limit?: number): Neighbour[];
  /** Symbols of other places whose code calls or uses what a range defines, strongest first. @param limit default 8 */
  dependents(range: CodeRange, limit?: number): Neighbour[];
  /** Symbols whose last name is `name` (case ignored), most central first. @param limit default 8 */
  named(name: string, limit?: number): GraphSymbol[];
  /** Files that a file imports, within the project. */
  imports(path: string): string[];
  /** Files that import a file, within the project. */
  importedBy(path: string): string[];
  /**
   * Every file with its symbols in order of place. @param path relative, forward slashes; empty when it is not known
   */
  symbolsOf(path: string): GraphSymbol[];
  /** All files, the most central first: the sum of the ranks of what is in them. */
  files(): { path: string; rank: number }[];
}
