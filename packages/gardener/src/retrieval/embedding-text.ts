import { chunkHeader } from '../codebase/chunk-header.js';
import type { Chunk } from '../codebase/chunk-types.js';

/**
 * What is embedded of a chunk: where it stands and what it is called, what it says of itself, then its code. The model
 * reads the first 256 tokens only, so what tells most about the chunk comes first.
 */
export function embeddingText(chunk: Chunk): string {
  return [chunkHeader(chunk), chunk.docstring, chunk.text].filter((part) => part).join('\n');
}
