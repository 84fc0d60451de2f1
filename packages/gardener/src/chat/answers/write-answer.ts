import type { ChatMessage, GenerationRuntime } from '../../models/runtime/runtime.js';
import type { IndexFreshness } from '../../retrieval/index/freshness.js';
import type { SearchResult } from '../../retrieval/search/search.js';
import type { Source } from '../conversations/exchange.js';
import type { AdapterUse, AnsweringAdapter } from './adapter-use.js';
import { adapterOptions } from './choose-adapter.js';

/** The end of an answer: what it rests on. */
export interface AnswerEnd {
  type: 'end';
  /** `length`: cut off at maxTokens. */
  reason: 'stop' | 'length';
  /** The code in the prompt, best first; empty when nothing was found. */
  sources: Source[];
  adapter: AnsweringAdapter;
  /** Null when the answer was made without the index. */
  index: IndexFreshness | null;
  promptTokens: number;
  completionTokens: number;
  /** Id of the conversation that it was stored in, or null. */
  conversation: string | null;
}

/** What an answer yields: text as it is written, then one end. */
export type AnswerEvent = { type: 'text'; text: string } | AnswerEnd;

/** Length and sampling of an answer. */
export interface AnswerOptions {
  /** Defaults to a quarter of the context, at most 400. */
  maxTokens?: number;
  /** Defaults to 0. */
  temperature?: number;
  seed?: number;
  stop?: readonly string[];
  signal?: AbortSignal;
}

/** The code of a project as an answer looks it up. */
export interface ProjectCode {
  /** At least `k` results where there are as many; what else there is of the first ones' symbols comes last. */
  search(query: string, k: number, signal?: AbortSignal): Promise<SearchResult[]>;
  /** Never fails: null when it cannot be told. */
  freshness(): Promise<IndexFreshness | null>;
  /** The project in a few lines for the system message. Never fails: empty when it cannot be told. */
  overview(): Promise<string[]>;
}

/** What {@link writeAnswer} needs. */
export interface AnswerJob {
  runtime: GenerationRuntime;
  messages: readonly ChatMessage[];
  /** Results in the prompt, best first. */
  used: readonly SearchResult[];
  adapter: AdapterUse;
  /** Whose turn it takes in the runtime's queue. */
  turn: string;
  code: ProjectCode | null;
  options: AnswerOptions;
}

/** Small models fall into loops without it. */
const REPEAT_PENALTY = 1.1;
/** Most tokens of an answer where the caller names none. */
const DEFAULT_ANSWER_TOKENS = 400;

/** Tokens that an answer may have. */
export function answerTokens(runtime: GenerationRuntime, options: AnswerOptions): number {
  return options.maxTokens ?? Math.min(DEFAULT_ANSWER_TOKENS, Math.floor(runtime.contextTokens / 4));
}

/**
 * Tokens kept free for an answer while the prompt is made: one that may be very long still leaves half for the prompt.
 */
export function reservedTokens(runtime: GenerationRuntime, options: AnswerOptions): number {
  return Math.min(answerTokens(runtime, options), Math.floor(runtime.contextTokens / 2));
}

/** Writes one answer to messages that fit, and says what it rests on; `conversation` is null. */
export async function* writeAnswer(job: AnswerJob): AsyncGenerator<AnswerEvent, void> {
  const { runtime, messages, adapter, turn, options } = job;
  // Looked at while the model writes: it walks the whole codebase.
  const freshness = job.code?.freshness() ?? null;
  const generation = adapter.generate((chosen) =>
    runtime.generate({
      messages,
      ...adapterOptions(chosen),
      turn,
      repeatPenalty: REPEAT_PENALTY,
      ...samplingOf(options),
      maxTokens: answerTokens(runtime, options),
    }),
  );
  for await (const event of generation) {
    if (event.type === 'text') {
      yield event;
      continue;
    }
    yield {
      ...event,
      sources: job.used.map(sourceOf),
      adapter: adapter.told,
      index: await freshness,
      conversation: null,
    };
  }
}

/** Sampling of a request as a runtime wants it. */
export function samplingOf({ temperature, seed, stop, signal }: AnswerOptions) {
  return {
    temperature: temperature ?? 0,
    ...(seed !== undefined && { seed }),
    ...(stop !== undefined && { stop }),
    ...(signal !== undefined && { signal }),
  };
}

/** A search result as it is told to the reader and stored. */
export function sourceOf({ chunk, score }: SearchResult): Source {
  const { path, startLine, endLine, symbol } = chunk;
  return { path, startLine, endLine, symbol, score };
}
