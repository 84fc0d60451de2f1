import type { GenerationRuntime } from '../../../models/runtime/runtime.js';
import type { CompletionPlace } from '../../data/known/completion-places.js';
import type { KnownQuestion } from '../../data/known/known-questions.js';
import type { RunData } from '../../data/run-data.js';
import type { CompletionScore, UseScores } from './use-scores.js';
import { firstLine, likeness, writeAtPlace } from './write-at-place.js';

/** Tokens of an answer to a question with a known answer: the name is in the first sentence or not at all. */
export const KNOWN_ANSWER_TOKENS = 48;
/** Of the time, when completions with related code end, and when answers do; completions without it have the rest. */
const COMPLETION_TIME_SHARE = 0.45;
const ANSWER_TIME_SHARE = 0.75;

/** What is measured with. */
export interface UseOptions {
  /** Time for all of it; as much is done as fits. */
  limitMs: number;
  /** The other side's scores: as much is done as it did. */
  like?: UseScores;
  signal?: AbortSignal;
  onProgress?: (label: string, done: number, total: number) => void;
}

/**
 * Lets llama.cpp do what people use the product for: complete held-out code as `gardener complete` asks for it, with
 * related code and then without, and answer questions whose answer is known, with the code that chat would give.
 * @throws GardenerError `models.*`
 */
export async function measureUses(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  { places, questions }: RunData['uses'],
  options: UseOptions,
): Promise<UseScores> {
  const start = performance.now();
  const { like, limitMs, signal, onProgress } = options;
  /** As many as the other side did, else as many as fit into a share of the time. */
  const doEach = async <Item, Score>(
    { items, done, share, label }: { items: readonly Item[]; done?: number; share: number; label: string },
    act: (item: Item) => Promise<Score>,
  ): Promise<Score[]> => {
    const scores: Score[] = [];
    const wanted = items.slice(0, done);
    for (const item of wanted) {
      signal?.throwIfAborted();
      const isLate = performance.now() - start > limitMs * share;
      if (done === undefined && isLate) break;
      scores.push(await act(item));
      onProgress?.(label, scores.length, wanted.length);
    }
    return scores;
  };
  const complete = (arm: 'retrieved' | 'alone', share: number, done: number | undefined) =>
    doEach(
      {
        items: places,
        ...(done !== undefined && { done }),
        share,
        label: 'completing held-out code',
      },
      async (place) => ({
        path: place.path,
        ...(await completePlace(runtime, adapterFile, place, arm, signal)),
      }),
    );
  const completions = await complete('retrieved', COMPLETION_TIME_SHARE, like?.completions.length);
  const answers = await doEach(
    {
      ...{ items: questions, share: ANSWER_TIME_SHARE, label: 'asking what is known' },
      ...(like && { done: like.answers.length }),
    },
    (question) => answersRightly(runtime, adapterFile, question, signal),
  );
  const completionsAlone = await complete('alone', 1, like?.completionsAlone.length);
  return { completions, completionsAlone, answers };
}

async function completePlace(
  runtime: GenerationRuntime,
  adapterFile: string | null,
  place: CompletionPlace,
  arm: 'retrieved' | 'alone',
  signal: AbortSignal | undefined,
): Promise<Omit<CompletionScore, 'path'>> {
  const { text } = place;
  const written = await writeAtPlace(runtime, adapterFile, place, arm, signal);
  return {
    firstLine: firstLine(written) === firstLine(text),
    similarity: likeness(written, text),
    leaked: isLeak(written) && !isLeak(text),
  };
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
