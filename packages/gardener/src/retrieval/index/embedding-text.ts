import type { Chunk } from '../../codebase/chunk/chunk.js';
import { splitIdentifier } from '../store/keywords.js';

const WORD = /[\p{L}\p{N}_$]+/gu;
const EXTENSION = /\.\w+$/;

/**
 * What is embedded of a chunk: where it stands and what it is called, in words (`src/http/retryPolicy.ts`,
 * `RetryPolicy.nextDelay` become `src http retry policy: retry policy next delay`, since a sentence encoder knows words
 * and not identifiers), what it says of itself, then its code. The model reads the first 256 tokens only, so what tells
 * most about the chunk comes first.
 */
export function embeddingText(chunk: Chunk): string {
  const path = wordsOf(chunk.path.replace(EXTENSION, ''));
  const head = chunk.symbol === null ? path : `${path}: ${wordsOf(chunk.symbol)}`;
  const declaration = chunk.kind === 'block' ? chunk.signature : null;
  return [head, declaration, chunk.docstring, chunk.text].filter((part) => part).join('\n');
}

function wordsOf(names: string): string {
  return (names.match(WORD) ?? []).flatMap((name) => splitIdentifier(name)).join(' ');
}
