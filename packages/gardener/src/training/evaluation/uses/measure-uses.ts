import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { GenerationRuntime } from '../../../models/runtime/runtime.js';
import type { HeldOutFile, HeldOutGap } from '../../data/held-out.js';
import type { KnownQuestion } from '../../data/known/known-questions.js';
import { editSimilarity } from '../edit-similarity.js';
import type { CompletionScore, UseScores } from './use-scores.js';

/** Tokens of an answer to a question with a known answer: the name is in the first sentence or not at all. */
export const KNOWN_ANSWER_TOKENS = 48;
/** Of the time, what completions may take; answers have the rest. */
const COMPLETION_TIME_SHARE = 0.55;
const MAX_COMPLETION_TOKENS = 96;
/** A filling may be so many characters a token longer than the true one before it is cut. */
const CHARS_A_TOKEN = 3;
const MORE_TOKENS = 16;

/** What is measured with. */
export interface UseOptions {
  /** Time for both together; as many are done as fit. */
  limitMs: number;
  /** The other side's scores: as many are done as it did. */
  like?: UseScores;
  signal?: AbortSignal;
  onProgress?: (label: string, done: number, total: number) => void;
}

/**
 * Lets llama.cpp do what people use the product for: complete held-out code as `gardener complete` asks for it, and
 * answer questions whose answer is known, with the code that chat would give.
 * @throws GardenerError `models.*`
 */
export async function measureUses(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  { heldOut, known }: { heldOut: readonly HeldOutFile[]; known: readonly KnownQuestion[] },
  options: UseOptions,
): Promise<UseScores> {
  const start = performance.now();
  const { like, limitMs, signal, onProgress } = options;
  const within = (share: number): boolean =>
    like !== undefined || performance.now() - start < limitMs * share;
  const places = inTurn(heldOut).slice(0, like?.completions.length);
  const completions: CompletionScore[] = [];
  for (const { path, gap } of places) {
    signal?.throwIfAborted();
    if (!within(COMPLETION_TIME_SHARE)) break;
    completions.push({ path, ...(await completeGap(runtime, adapterFile, gap, signal)) });
    onProgress?.('completing held-out code', completions.length, places.length);
  }
  const questions = known.slice(0, like?.answers.length);
  const answers: boolean[] = [];
  for (const question of questions) {
    signal?.throwIfAborted();
    if (!within(1)) break;
    answers.push(await answersRightly(runtime, adapterFile, question, signal));
    onProgress?.('asking what is known', answers.length, questions.length);
  }
  return { completions, answers };
}

/** The gaps of all files, the first of each before the second of any. */
function inTurn(files: readonly HeldOutFile[]): { path: string; gap: HeldOutGap }[] {
  const longest = Math.max(0, ...files.map(({ gaps }) => gaps.length));
  return Array.from({ length: longest }, (_, turn) =>
    files.flatMap(({ path, gaps }) => {
      const gap = gaps[turn];
      return gap ? [{ path, gap }] : [];
    }),
  ).flat();
}

async function completeGap(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  { gap, text, kind }: HeldOutGap,
  signal: AbortSignal | undefined,
): Promise<Omit<CompletionScore, 'path'>> {
  const maxTokens = Math.min(MAX_COMPLETION_TOKENS, Math.ceil(text.length / CHARS_A_TOKEN) + MORE_TOKENS);
  const complete = async (suffix: string | null): Promise<string> => {
    let written = '';
    const events = runtime.complete({
      prompt: gap.before,
      ...(suffix !== null && { suffix }),
      ...(gap.place && { place: gap.place }),
      adapter: adapterFile,
      maxTokens,
      temperature: 0,
      ...(kind === 'line' && { stop: ['\n'] }),
      ...(signal && { signal }),
    });
    for await (const event of events) if (event.type === 'text') written += event.text;
    return written;
  };
  const written = await complete(gap.after === '' ? null : gap.after).catch((error: unknown) => {
    const cannotFill = GardenerError.isInstance(error) && error.code === 'models.no-fill-in-the-middle';
    if (!cannotFill) throw error;
    return complete(null);
  });
  return {
    firstLine: firstLine(written) === firstLine(text),
    similarity: editSimilarity(written.slice(0, 2 * text.length + 20), text),
    leaked: isLeak(written) && !isLeak(text),
  };
}

/** The first line with something in it: what a user sees first, and accepts or not. */
function firstLine(text: string): string {
  return (text.split('\n').find((line) => line.trim() !== '') ?? '').trim();
}

/** Marks of chat in code: a fence at a line's beginning, or a mark of a chat template. */
function isLeak(text: string): boolean {
  return /^\s*```/m.test(text) || /<\|?(?:im_start|im_end|assistant|user|system|end_of_turn)\|?>/.test(text);
}

async function answersRightly(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  { messages, expected }: KnownQuestion,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let answer = '';
  const events = runtime.generate({
    messages,
    adapter: adapterFile,
    maxTokens: KNOWN_ANSWER_TOKENS,
    temperature: 0,
    ...(signal && { signal }),
  });
  for await (const event of events) if (event.type === 'text') answer += event.text;
  return isRight(answer, expected, messages.map(({ content }) => content).join('\n'));
}

/** A name of a file with an ending, as prose and code spell it. */
const FILE_NAME =
  /[\w./-]*\w\.(?:[jt]sx?|mjs|cjs|py|go|rs|java|kt|rb|php|cs|cc|cpp|hpp?|c|swift|scala|sh)\b/g;

/**
 * Whether an answer names all that is expected, as whole words, and no file that was not in the prompt.
 */
export function isRight(answer: string, expected: readonly string[], prompt: string): boolean {
  const named = expected.every((name) => {
    const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\w])${escaped}(?![\\w])`).test(answer);
  });
  const files = answer.match(FILE_NAME) ?? [];
  return named && files.every((file) => prompt.includes(file.split('/').at(-1) ?? file));
}
