import type { Chunk } from '../chunk/chunk.js';
import type { FileFacts } from '../graph/file-facts.js';
import type { LanguageId } from '../languages/language.js';

/** A source text in chunks. */
export interface ChunkedSource {
  chunks: Chunk[];
  hasSyntaxErrors: boolean;
  /** Something the grammar does not know was left out or found by its words alone. */
  isRecovered?: boolean;
  /** For the symbol graph. */
  facts: FileFacts;
}

/** What the parser's process is asked. */
export interface ParserProtocol {
  setup: null;
  ready: null;
  jobs: {
    /** Makes ready to read a language, which takes up to seconds for a large grammar. */
    load: { input: LanguageId; progress: never; result: null };
    /** Parses and chunks. The path is relative to the project root, with forward slashes. */
    chunk: {
      input: { language: LanguageId; text: string; path: string };
      progress: never;
      result: ChunkedSource;
    };
  };
}
