import type { Chunk } from '../../../codebase/chunk/chunk.js';
import { GardenerError } from '../../../garden/errors/garden-error.js';
import type { ChatMessage } from '../../../models/runtime/runtime.js';
import { buildPrompt } from '../../../prompt/build-prompt.js';
import { NO_REASON } from '../../../retrieval/ranking/why.js';
import type { SearchResult } from '../../../retrieval/search/search.js';
import { seededRandom, shuffled } from '../random.js';
import { parameterNames } from './parameter-names.js';

/** A question whose answer stands in the code that is given with it, and what a right answer names. */
export interface KnownQuestion {
  kind: 'file' | 'parameters' | 'symbol';
  /** As chat asks: instructions, the retrieved code, the question. */
  messages: ChatMessage[];
  /** A right answer holds each of these, as a word. */
  expected: string[];
}

/** What questions are made for. */
export interface KnownQuestionOptions {
  seed: number;
  projectName: string;
  /** Most questions. */
  count: number;
  /** Tokens of prompt and answer together, and those kept for the answer. */
  contextTokens: number;
  answerTokens: number;
  countTokens(text: string): number;
}

/** Chunks that a question is asked with, as in chat. */
const CHUNKS_GIVEN = 4;
const MIN_CHUNK_CHARS = 80;
const MAX_CHUNK_CHARS = 1_200;
const MIN_DESCRIPTION_CHARS = 30;
const MAX_DESCRIPTION_CHARS = 200;

/**
 * Questions with known answers, made from symbols, signatures and docstrings of the codebase, each in a prompt as chat
 * builds it: the chunk that tells, among others of the same language. Kinds take turns, and so do files; held-out files
 * come first. Deterministic by seed.
 * @param chunks chunks that may be asked about
 * @param heldOut paths of held-out files
 */
export async function knownQuestions(
  chunks: readonly Chunk[],
  heldOut: ReadonlySet<string>,
  options: KnownQuestionOptions,
): Promise<KnownQuestion[]> {
  const random = seededRandom(options.seed, 'known questions');
  const named = uniqueSymbols(shuffled(chunks.filter(isTelling), random));
  const order = [
    ...oneOfEachFile(named.filter(({ path }) => heldOut.has(path))),
    ...oneOfEachFile(named.filter(({ path }) => !heldOut.has(path))),
  ];
  const questions: KnownQuestion[] = [];
  const asked = new Set<Chunk>();
  for (let turn = 0; questions.length < options.count; turn++) {
    const ask = KINDS[turn % KINDS.length];
    if (ask === undefined || turn >= KINDS.length * options.count) break;
    const chunk = order.find((chunk) => !asked.has(chunk) && ask(chunk) !== null);
    const wanted = chunk && ask(chunk);
    if (!chunk || !wanted) continue;
    asked.add(chunk);
    const others = shuffled(
      named.filter(({ path, language }) => path !== chunk.path && language === chunk.language),
      random,
    ).slice(0, CHUNKS_GIVEN - 1);
    // A search mostly has the right chunk first, and sometimes second.
    const results = random() < 0.7 ? [chunk, ...others] : [...others.slice(0, 1), chunk, ...others.slice(1)];
    const built = await buildPrompt({
      question: wanted.question,
      projectName: options.projectName,
      exchanges: [],
      summary: null,
      overview: [],
      results: results.map(asResult),
      contextTokens: options.contextTokens,
      answerTokens: options.answerTokens,
      countTokens: async (text) => options.countTokens(text),
    }).catch(nothingFits);
    const isWhole = built?.used.some(
      ({ chunk: { id, endLine } }) => id === chunk.id && endLine === chunk.endLine,
    );
    if (!built || !isWhole) continue;
    questions.push({ kind: wanted.kind, messages: built.messages, expected: wanted.expected });
  }
  return questions;
}

/** A base with a very short context has room for no question. */
function nothingFits(error: unknown): null {
  if (GardenerError.isInstance(error) && error.code === 'prompt.question-too-long') return null;
  throw error;
}

type Wanted = Pick<KnownQuestion, 'kind' | 'expected'> & { question: string };

/** The kinds of question; null where a chunk does not give one. */
const KINDS: readonly ((chunk: Chunk) => Wanted | null)[] = [
  (chunk) => ({
    kind: 'file',
    question: `Which file has ${lastName(chunk)}?`,
    expected: [chunk.path.split('/').at(-1) ?? chunk.path],
  }),
  (chunk) => {
    const names = parameterNames(chunk.signature ?? '', chunk.language);
    if (names.length === 0 || names.length > 4) return null;
    return {
      kind: 'parameters',
      question: `Which parameters does ${lastName(chunk)} take?`,
      expected: names,
    };
  },
  (chunk) => {
    const description = firstSentence(chunk.docstring ?? '');
    const name = lastName(chunk);
    if (description === null || description.toLowerCase().includes(name.toLowerCase())) return null;
    return {
      kind: 'symbol',
      question: `What is the name of the code that is described like this: "${description}"`,
      expected: [name],
    };
  },
];

function isTelling({ symbol, kind, quality, text }: Chunk): boolean {
  const isCode = kind === 'function' || kind === 'method' || kind === 'class' || kind === 'interface';
  const fits = text.length >= MIN_CHUNK_CHARS && text.length <= MAX_CHUNK_CHARS;
  return symbol !== null && isCode && fits && quality.score >= 0.5;
}

/** Without those whose name stands for several things: their questions have several answers. */
function uniqueSymbols(chunks: readonly Chunk[]): Chunk[] {
  const counts = new Map<string, number>();
  for (const chunk of chunks) counts.set(lastName(chunk), (counts.get(lastName(chunk)) ?? 0) + 1);
  return chunks.filter((chunk) => lastName(chunk).length >= 3 && counts.get(lastName(chunk)) === 1);
}

/** The same chunks, the first of every file before the second of any. */
function oneOfEachFile(chunks: readonly Chunk[]): Chunk[] {
  const seen = new Map<string, number>();
  const turns = chunks.map((chunk) => {
    const turn = seen.get(chunk.path) ?? 0;
    seen.set(chunk.path, turn + 1);
    return { chunk, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ chunk }) => chunk);
}

function lastName({ symbol }: Chunk): string {
  return symbol?.split(/[.#:]+/).at(-1) ?? '';
}

function firstSentence(docstring: string): string | null {
  const paragraph =
    docstring
      .split(/\n\s*\n/)[0]
      ?.replace(/\s+/g, ' ')
      .trim() ?? '';
  const sentence = /^.*?[.!?](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph;
  return sentence.length < MIN_DESCRIPTION_CHARS || sentence.length > MAX_DESCRIPTION_CHARS ? null : sentence;
}

function asResult(chunk: Chunk): SearchResult {
  return {
    ...{ chunk, score: 1, vectorRank: null, keywordRank: null },
    why: NO_REASON,
    dependencies: { symbols: [], files: [] },
  };
}
