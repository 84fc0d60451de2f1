import type { FileFacts } from '../graph/file-facts.js';
import type { SecretPlace } from '../secrets/find-secrets.js';

/** A language's id is its key in the language table (`typescript`, `tsx`, `javascript`, `python`, ...). */
export type LanguageId = string;

/** What a chunk is. `module` = top-level statements outside any symbol; `block` = a part of a symbol too large for one chunk. */
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

/** What tells one state of a file on disk from the next. */
export interface FileVersion {
  /** sha256 of the file's bytes, hex. */
  hash: string;
  bytes: number;
  /** Last modification of the content, and of the file's record (ctime), ms since the epoch. */
  modifiedMs: number;
  changedMs: number;
  /** False when the file was so new when read that a later change may carry the same times. */
  settled: boolean;
}

/** A file that was read, parsed and chunked. */
export interface ChunkedFile {
  path: string;
  language: LanguageId;
  /** sha256 of the file's bytes, hex. */
  hash: string;
  /** Decoded text, line ends as in the file, secrets masked. */
  text: string;
  /** Last modification, ms since the epoch. */
  modifiedMs: number;
  /** True when the parser met syntax errors and went on. */
  hasSyntaxErrors: boolean;
  chunks: Chunk[];
  /** What the symbol graph keeps of it; absent where the file was not parsed anew. */
  facts?: FileFacts;
  /** Where secrets were masked; absent where there were none. */
  secrets?: SecretPlace[];
  version?: FileVersion;
}

/** Every file seen is indexed, skipped or failed, with the reason. */
export interface FileCounts {
  seen: number;
  indexed: number;
  skipped: Record<string, number>;
  failed: Record<string, number>;
}

/** One entry of `status --files`. */
export interface FileOutcome {
  path: string;
  outcome: 'indexed' | 'skipped' | 'failed';
  /** Why it was skipped or failed; null when indexed. */
  reason: string | null;
  /** Where secrets were masked, or stand in a file that is left out for them; absent where there are none. */
  secrets?: SecretPlace[];
  /** Of a file that was read; one left out by its name or its size has none. */
  version?: FileVersion;
}
