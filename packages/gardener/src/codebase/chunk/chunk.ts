import type { LanguageId } from '../languages/language.js';

/**
 * What a chunk is. `module` = top-level statements outside any symbol; `block` = a part of a
 * symbol too large for one chunk.
 */
export const CHUNK_KINDS = [
  'function',
  'method',
  'class',
  'interface',
  'type',
  'enum',
  'module',
  'block',
] as const;

/** See `CHUNK_KINDS`. */
export type ChunkKind = (typeof CHUNK_KINDS)[number];

/** A piece of one file that follows its structure. Lines are 1-based and inclusive. */
export interface Chunk {
  /** Hex digest of path, position and text: the same chunk of the same file has the same id. */
  id: string;
  /** Path relative to the project root, with forward slashes. */
  path: string;
  startLine: number;
  endLine: number;
  language: LanguageId;
  /** Qualified name (`Class.method`), or null for module-level code. */
  symbol: string | null;
  /**
   * Names (last parts) of all that is declared in it, the small ones that share it included, as they are written; what
   * is declared inside a function is not.
   */
  names: string[];
  kind: ChunkKind;
  /** First line(s) of the declaration up to its body, or null. */
  signature: string | null;
  /** Docstring or leading doc comment, markers stripped, or null. */
  docstring: string | null;
  /** Imported names of the file that this chunk's text uses. */
  imports: string[];
  /** Cyclomatic complexity: 1 + branches. */
  complexity: number;
  /** 0 (worthless for training) to 1, with the reasons for every deduction. */
  quality: { score: number; reasons: string[] };
  /** The source lines exactly as in the file. */
  text: string;
}
