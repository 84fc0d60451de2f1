import { createHash } from 'node:crypto';
import type { Chunk } from '../../codebase/chunk/chunk.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import { lastNameOf } from './chunk-row.js';

const digest = (...parts: string[]) => createHash('sha256').update(parts.join('\0')).digest('hex');

/** A chunk for tests: everything that is not given has a plain value, and the id follows path, line and text. */
export function makeChunk(values: Partial<Chunk>): Chunk {
  const chunk = {
    path: 'src/a.ts',
    startLine: 1,
    endLine: 3,
    language: 'typescript',
    symbol: null,
    kind: 'function' as const,
    signature: null,
    docstring: null,
    imports: [],
    names: values.symbol ? [lastNameOf(values.symbol)] : [],
    complexity: 1,
    quality: { score: 1, reasons: [] },
    text: 'function a() {}',
    ...values,
  };
  return { ...chunk, id: values.id ?? digest(chunk.path, String(chunk.startLine), chunk.text) };
}

/** A file of the given chunks, for tests. Its hash follows the chunks' texts. */
export function makeFile(path: string, chunks: Partial<Chunk>[], modifiedMs = 0): ChunkedFile {
  const made = chunks.map((chunk, position) => makeChunk({ startLine: position * 10 + 1, ...chunk, path }));
  const text = made.map((chunk) => chunk.text).join('\n');
  const language = made[0]?.language ?? 'typescript';
  return { path, language, hash: digest(text), text, modifiedMs, hasSyntaxErrors: false, chunks: made };
}
