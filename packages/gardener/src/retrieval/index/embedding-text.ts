import type { Chunk } from '../../codebase/chunk/chunk.js';
import { splitIdentifier } from '../store/keywords.js';

const WORD = /[\p{L}\p{N}_$]+/gu;
const EXTENSION = /\.\w+$/;
const MAX_NAMES = 8;

/**
 * What is embedded of a chunk: where it stands and what it is called, in words (`src/http/retryPolicy.ts`,
 * `RetryPolicy.nextDelay` become `src http retry policy: retry policy next delay`, since a sentence encoder knows words
 * and not identifiers), what it says of itself, then its code. The model reads the first 256 tokens only, so what tells
 * most about the chunk comes first.
 */
export function embeddingText(chunk: Chunk): string {
  const path = wordsOf(chunk.path.replace(EXTENSION, ''));
  // Module code is called by what it declares.
  const called = wordsOf(chunk.symbol ?? chunk.names.slice(0, MAX_NAMES).join(' '));
  const head = called === '' ? path : `${path}: ${called}`;
  const declaration = chunk.kind === 'block' ? chunk.signature : null;
  return [head, declaration, chunk.docstring, chunk.text].filter((part) => part).join('\n');
}

function wordsOf(names: string): string {
  return (names.match(WORD) ?? []).flatMap((name) => splitIdentifier(name)).join(' ');
}
