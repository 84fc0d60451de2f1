import type { Chunk } from '../codebase/chunk-types.js';

/**
 * What is embedded of a chunk: where it stands and what it is called, what it says of itself, then its code. The model
 * reads the first 256 tokens only, so what tells most about the chunk comes first.
 */
export function embeddingText(chunk: Chunk): string {
  const place = chunk.symbol === null ? chunk.path : `${chunk.path} ${chunk.symbol}`;
  return [place, chunk.docstring, chunk.signature, chunk.text].filter((part) => part).join('\n');
}
