import type { Tokenizer } from '@codebase-gardener/lora';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import type { HeldOutFile } from '../data/held-out.js';
import type { LineSpan } from '../data/next-line.js';

/** A next line is cut after this many tokens. */
const MAX_LINE_TOKENS = 48;

/**
 * 1 - Levenshtein distance / length of the longer text, both without outer white space: 1 when equal, 0 when nothing is
 * shared (the measure of CrossCodeEval, 2310.11248, and RepoBench, 2306.03091).
 */
export function editSimilarity(a: string, b: string): number {
  const [left, right] = [a.trim(), b.trim()];
  const longest = Math.max(left.length, right.length);
  return longest === 0 ? 1 : 1 - levenshtein(left, right) / longest;
}

function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}

/** Similarity summed over the lines of one file. */
export interface FileSimilarity {
  path: string;
  sum: number;
  lines: number;
}

/**
 * Lets llama.cpp write held-out lines, each from all that stands before it in its window, and
 * compares them with the true ones.
 * @param maxLines lines to write in all, evenly spread over the files' lines
 */
export async function measureEditSimilarity(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  files: readonly HeldOutFile[],
  tokenizer: Tokenizer,
  options: { maxLines: number; signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
): Promise<FileSimilarity[]> {
  const all = files.flatMap((file) => file.lines.map((line) => ({ file, line })));
  const chosen = new Set(spreadEvenly(all, options.maxLines));
  const result: FileSimilarity[] = [];
  let done = 0;
  for (const file of files) {
    const own = { path: file.path, sum: 0, lines: 0 };
    for (const entry of all) {
      if (entry.file !== file || !chosen.has(entry)) continue;
      options.signal?.throwIfAborted();
      own.sum += await lineSimilarity(runtime, adapterFile, file, entry.line, tokenizer, options.signal);
      own.lines++;
      options.onProgress?.(++done, chosen.size);
    }
    result.push(own);
  }
  return result;
}

async function lineSimilarity(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  file: HeldOutFile,
  line: LineSpan & { example: number },
  tokenizer: Tokenizer,
  signal: AbortSignal | undefined,
): Promise<number> {
  const tokens = file.examples[line.example]?.tokens ?? new Int32Array();
  let written = '';
  const answer = runtime.complete({
    prompt: tokenizer.decode(tokens.subarray(0, line.start)),
    adapter: adapterFile,
    maxTokens: MAX_LINE_TOKENS,
    temperature: 0,
    stop: ['\n'],
    ...(signal ? { signal } : {}),
  });
  for await (const event of answer) if (event.type === 'text') written += event.text;
  return editSimilarity(written, tokenizer.decode(tokens.subarray(line.start, line.end)));
}

function spreadEvenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)] as T);
}
