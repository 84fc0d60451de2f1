import type { SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import { pathLine } from '../../codebase/languages/path-line.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import type { HeldOutFile } from '../data/split/held-out.js';

/** Tokens of retrieved code before a window. */
export const RETRIEVED_TOKENS = 512;

/** Finds code for a query, without the held-out files. */
export type HeldOutSearch = (query: string) => Promise<SearchResult[]>;

/**
 * The held-out windows with retrieved chunks before them. The query of a window is the code before it in its file (for
 * the first window, the file's path), so the search never sees what is scored. The scored tokens and lines are the
 * very same as without retrieval.
 * @param search must leave out every held-out file: near-duplicates of one are among them, as
 * splits keep clusters together
 */
export async function withRetrieval(
  files: readonly HeldOutFile[],
  search: HeldOutSearch,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
): Promise<HeldOutFile[]> {
  const heldOut = new Set(files.map((file) => file.path));
  const result: HeldOutFile[] = [];
  for (const file of files) {
    const examples: SupervisedExample[] = [];
    const shifts: number[] = [];
    for (const [index, example] of file.examples.entries()) {
      signal?.throwIfAborted();
      const query = file.before[index] || file.path;
      const results = (await search(query)).filter(({ chunk }) => !heldOut.has(chunk.path));
      const prefix = retrievedTokens(results, tokenizer);
      shifts.push(prefix.length);
      examples.push(after(prefix, example));
    }
    const lines = file.lines.map((line) => {
      const shift = shifts[line.example] ?? 0;
      return { ...line, start: line.start + shift, end: line.end + shift };
    });
    // A gap has its own format, in which other files stand elsewhere: it is measured without them.
    result.push({ ...file, examples, lines, gaps: [] });
  }
  return result;
}

/** Retrieved chunks, best last (nearest to the code to be written), as many as fit. */
function retrievedTokens(results: readonly SearchResult[], tokenizer: Tokenizer): Int32Array {
  const parts: Int32Array[] = [];
  let tokens = 0;
  for (const { chunk } of results) {
    const part = tokenizer.encode(`${pathLine(chunk.path, chunk.language)}${chunk.text.trimEnd()}\n\n`);
    if (tokens + part.length > RETRIEVED_TOKENS) continue;
    parts.unshift(part);
    tokens += part.length;
  }
  return Int32Array.from(parts.flatMap((part) => Array.from(part)));
}

function after(prefix: Int32Array, { tokens, supervised }: SupervisedExample): SupervisedExample {
  const longer = new Int32Array(prefix.length + tokens.length);
  longer.set(prefix);
  longer.set(tokens, prefix.length);
  const mask = new Uint8Array(longer.length);
  mask.set(supervised, prefix.length);
  return { tokens: longer, supervised: mask };
}
