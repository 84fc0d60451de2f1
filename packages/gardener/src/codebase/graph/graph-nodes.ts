import type { FactSymbol, FileFacts } from './file-facts.js';
import type { Multimap } from './multimap.js';

/** A file of the graph with what it declares. */
export interface FileNode {
  readonly path: string;
  /** With the slash behind it; empty for the root. */
  readonly folder: string;
  /** Languages that use each other's names. */
  readonly family: string;
  facts: FileFacts;
  /** As in its facts, in order of place. */
  symbols: SymbolNode[];
  /**
   * Its symbols by qualified name. Overloads, and Rust's `impl` blocks beside their type, are one thing: the first
   * stands for all, and is what others refer to.
   */
  declared: Map<string, SymbolNode>;
  /** The same by the last parts of their names. */
  own: Multimap<string, SymbolNode>;
  /** As PageRank gave it, when it was last asked for. */
  rank: number;
}

/**
 * A symbol of the graph. It is the same one for as long as its file declares its qualified name with the same kind and
 * visibility, wherever in the file that is: links to it hold meanwhile.
 */
export interface SymbolNode {
  readonly file: FileNode;
  /** The last part of its qualified name. */
  readonly name: string;
  fact: FactSymbol;
  /** Among the symbols of its file. */
  place: number;
  /** As PageRank gave it, when it was last asked for. */
  rank: number;
}

/** The last part of a qualified name. */
export function lastName(qualified: string): string {
  return qualified.split(/\.|::/).at(-1) ?? qualified;
}

/** The class or module a name is declared in, or for (Go's methods stand beside their type). */
export function ownerName(qualified: string): string | null {
  return qualified.split(/\.|::/).at(-2) ?? null;
}
