import type { Chunk } from '../chunk/chunk.js';
import { chunkFile } from '../chunk/chunk-file.js';
import { type FileFacts, factsOf } from '../graph/file-facts.js';
import type { LanguageId } from '../languages/language.js';
import type { StructureReader } from '../parse/read-tree.js';
import type { ParseResult } from '../parse/structure/code-structure.js';

/** What the parser's process is asked for. */
export type ParseJob =
  | { kind: 'parse'; language: LanguageId; text: string }
  | { kind: 'chunk'; path: string; language: LanguageId; text: string };

/** A source text in chunks. */
export interface ChunkedSource {
  chunks: Chunk[];
  hasSyntaxErrors: boolean;
  /** For the symbol graph. */
  facts: FileFacts;
}

/** What it answers: first that it has begun (the grammar is loaded), then how it went. */
export type ParseReply =
  | { type: 'begun' }
  | { type: 'done'; result: ParseResult | ChunkedSource }
  | { type: 'failed'; error: { code: string; message: string; remedy: string } | null; reason: string };

/** Does one job with a reader of its language. */
export function doParseJob(job: ParseJob, read: StructureReader): ParseResult | ChunkedSource {
  const parsed = read(job.text);
  if (job.kind === 'parse') return parsed;
  return {
    chunks: chunkFile(job.path, job.text, parsed),
    hasSyntaxErrors: parsed.hasSyntaxErrors,
    facts: factsOf(parsed),
  };
}
