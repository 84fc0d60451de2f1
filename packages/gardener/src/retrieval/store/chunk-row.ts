import { createHash } from 'node:crypto';
import type * as Arrow from 'apache-arrow';
import { z } from 'zod';
import { CHUNK_KINDS, type Chunk } from '../../codebase/chunk/chunk.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import { chunkKeywords } from './keywords.js';

/** One row of the chunks table. Columns that filters use are columns; the rest of a chunk travels as JSON. */
export interface ChunkRow {
  id: string;
  path: string;
  /** Last part of the path: its index finds the files that a query names by an end of their path. */
  fileName: string;
  /** sha256 of the file's bytes: the table itself says which version of a file it holds. */
  fileHash: string;
  fileModifiedMs: number;
  language: string;
  kind: string;
  /** Qualified name, '' when there is none. */
  symbol: string;
  /** {@link Chunk.names}, a line each, as they are written. */
  declared: string;
  /** The same in lower case, which its index finds. */
  names: string[];
  startLine: number;
  endLine: number;
  text: string;
  keywords: string;
  metadata: string;
  /** sha256 of the text without white space: equal for copies that differ in indentation only. */
  contentHash: string;
  vector: Float32Array;
}

/** The columns that a search ranks by: narrow ones, read for hundreds of rows. */
export const CANDIDATE_COLUMNS = [
  'path',
  'language',
  'kind',
  'symbol',
  'declared',
  'startLine',
  'endLine',
] as const;

/** What more it takes to make a chunk again: read for the few rows that are shown. */
export const CHUNK_COLUMNS = ['id', 'text', 'metadata'] as const;

/** The table's columns, for vectors of `dimension`. */
export async function chunkSchema(dimension: number): Promise<Arrow.Schema> {
  const { Field, FixedSizeList, Float32, Float64, Int32, List, Schema, Utf8 } = await import('apache-arrow');
  const text = (name: string) => new Field(name, new Utf8(), false);
  return new Schema([
    text('id'),
    text('path'),
    text('fileName'),
    text('fileHash'),
    new Field('fileModifiedMs', new Float64(), false),
    ...['language', 'kind', 'symbol', 'declared'].map(text),
    new Field('names', new List(new Field('item', new Utf8(), true)), false),
    new Field('startLine', new Int32(), false),
    new Field('endLine', new Int32(), false),
    ...['text', 'keywords', 'metadata', 'contentHash'].map(text),
    new Field('vector', new FixedSizeList(dimension, new Field('item', new Float32(), true)), false),
  ]);
}

const metadata = z.object({
  signature: z.string().nullable(),
  docstring: z.string().nullable(),
  imports: z.array(z.string()),
  complexity: z.number(),
  quality: z.object({ score: z.number(), reasons: z.array(z.string()) }),
});

const storedChunk = z.object({
  id: z.string(),
  path: z.string(),
  language: z.string(),
  kind: z.enum(CHUNK_KINDS),
  symbol: z.string(),
  declared: z.string(),
  startLine: z.number(),
  endLine: z.number(),
  text: z.string(),
  metadata: z.string(),
});

/** The last part of a qualified name: `Parser.readToken` gives `readToken`. */
export function lastNameOf(symbol: string): string {
  return symbol.split(/[.#:]+/).at(-1) ?? symbol;
}

/** The names that a row's `declared` column holds. */
export function namesOf(declared: string): string[] {
  return declared === '' ? [] : declared.split('\n');
}

/** The last part of a path. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A chunk, its file's version and its vector as a row. */
export function rowOf(
  chunk: Chunk,
  file: Pick<ChunkedFile, 'hash' | 'modifiedMs'>,
  vector: Float32Array,
): ChunkRow {
  const { signature, docstring, imports, complexity, quality } = chunk;
  return {
    id: chunk.id,
    path: chunk.path,
    fileName: fileNameOf(chunk.path),
    fileHash: file.hash,
    fileModifiedMs: file.modifiedMs,
    language: chunk.language,
    kind: chunk.kind,
    symbol: chunk.symbol ?? '',
    declared: chunk.names.join('\n'),
    names: [...new Set(chunk.names.map((name) => name.toLowerCase()))],
    startLine: chunk.startLine,
    endLine: chunk.endLine,
    text: chunk.text,
    keywords: chunkKeywords(chunk),
    metadata: JSON.stringify({ signature, docstring, imports, complexity, quality }),
    contentHash: createHash('sha256').update(chunk.text.replace(/\s+/g, '')).digest('hex'),
    vector,
  };
}

/** The chunk a row was made of. @throws ZodError when the row is not one of ours */
export function chunkOf(row: Record<string, unknown>): Chunk {
  const { metadata: json, symbol, declared, ...rest } = storedChunk.parse(row);
  return {
    ...rest,
    symbol: symbol === '' ? null : symbol,
    names: namesOf(declared),
    ...metadata.parse(JSON.parse(json)),
  };
}
