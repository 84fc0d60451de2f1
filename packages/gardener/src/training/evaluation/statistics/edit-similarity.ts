import type { Tokenizer } from '@codebase-gardener/lora';
import { present } from '../../../garden/errors/present.js';
import type { CompletionRequest, GenerationRuntime } from '../../../models/runtime/runtime.js';
import type { GapBase } from '../../data/gaps/gap-examples.js';
import type { HeldOutFile } from '../../data/split/held-out.js';

/** A next line is cut after this many tokens. */
const MAX_LINE_TOKENS = 48;
/** A filling may be so many tokens longer than the true one: it ends by itself. */
const MORE_GAP_TOKENS = 16;

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
  // From the first characters of `a` that were seen to the first `j` of `b`.
  let distances = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    let diagonal = 0;
    let left = 0;
    distances = distances.map((above, j) => {
      const substituted = diagonal + (a[i] === b[j - 1] ? 0 : 1);
      left = j === 0 ? i + 1 : Math.min(substituted, above + 1, left + 1);
      diagonal = above;
      return left;
    });
  }
  return distances.at(-1) ?? 0;
}

/** Similarity summed over the lines (or gaps) of one file. */
export interface FileSimilarity {
  path: string;
  sum: number;
  lines: number;
}

/** How much is written, and who wants to know. */
interface WritingOptions {
  /** Lines or gaps to write in all, evenly spread over the files'. */
  maxLines: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Lets llama.cpp write held-out lines, each from all that stands before it in its window, and
 * compares them with the true ones.
 */
export async function measureEditSimilarity(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  files: readonly HeldOutFile[],
  tokenizer: Tokenizer,
  options: WritingOptions,
): Promise<FileSimilarity[]> {
  const texts = files.map(({ path, lines, examples }) => ({
    path,
    texts: lines.map((line): WantedText => {
      const tokens = examples[line.example]?.tokens ?? new Int32Array();
      return {
        request: { prompt: tokenizer.decode(tokens.subarray(0, line.start)), stop: ['\n'] },
        maxTokens: MAX_LINE_TOKENS,
        text: tokenizer.decode(tokens.subarray(line.start, line.end)),
      };
    }),
  }));
  return compareWritten(runtime, adapterFile, texts, options);
}

/**
 * Lets llama.cpp fill held-out gaps in, and compares the fillings with the true ones: in the base's own format; a base
 * without one continues the text before the gap for as many tokens as the filling has.
 */
export async function measureGapSimilarity(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  files: readonly HeldOutFile[],
  { gapTokens }: GapBase,
  options: WritingOptions,
): Promise<FileSimilarity[]> {
  const texts = files.map(({ path, gaps }) => ({
    path,
    texts: gaps.map(({ gap, text, start, end }): WantedText => {
      const { before, after, place } = gap;
      const about = { prompt: before, ...(place && { place }) };
      return gapTokens === null
        ? { request: about, maxTokens: end - start, text }
        : { request: { ...about, suffix: after }, maxTokens: end - start + MORE_GAP_TOKENS, text };
    }),
  }));
  return compareWritten(runtime, adapterFile, texts, options);
}

/** A text that is to be written, and what it is written from. */
interface WantedText {
  request: Pick<CompletionRequest, 'prompt' | 'suffix' | 'place' | 'stop'>;
  maxTokens: number;
  text: string;
}

async function compareWritten(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  files: readonly { path: string; texts: readonly WantedText[] }[],
  { maxLines, signal, onProgress }: WritingOptions,
): Promise<FileSimilarity[]> {
  const chosen = new Set(
    spreadEvenly(
      files.flatMap(({ texts }) => texts),
      maxLines,
    ),
  );
  const result: FileSimilarity[] = [];
  let done = 0;
  for (const { path, texts } of files) {
    const own = { path, sum: 0, lines: 0 };
    for (const wanted of texts) {
      if (!chosen.has(wanted)) continue;
      signal?.throwIfAborted();
      own.sum += await similarityOf(runtime, adapterFile, wanted, signal);
      own.lines++;
      onProgress?.(++done, chosen.size);
    }
    result.push(own);
  }
  return result;
}

async function similarityOf(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  { request, maxTokens, text }: WantedText,
  signal: AbortSignal | undefined,
): Promise<number> {
  let written = '';
  const answer = runtime.complete({
    ...request,
    adapter: adapterFile,
    maxTokens,
    temperature: 0,
    ...(signal ? { signal } : {}),
  });
  for await (const event of answer) if (event.type === 'text') written += event.text;
  return editSimilarity(written, text);
}

function spreadEvenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) =>
    present(items[Math.floor(((i + 0.5) * items.length) / count)]),
  );
}
