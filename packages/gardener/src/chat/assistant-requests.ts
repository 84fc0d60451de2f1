import type { ProjectRecord } from '../garden/project-record.js';
import type { Place } from '../models/runtime/fill-in-the-middle.js';
import type { ChatMessage, Likelihood, PromptWork } from '../models/runtime/runtime.js';
import type { IndexFreshness } from '../retrieval/index/freshness.js';
import type { SearchResult } from '../retrieval/search/search.js';
import type { AnsweringAdapter } from './answers/adapter-use.js';
import type { AnswerOptions } from './answers/write-answer.js';
import type { Conversation } from './conversations/conversation.js';
import type { IndexReadiness } from './open/open-indexes.js';

/** What answers: a project with its adapter, or a base model alone. */
export interface ChatTarget {
  project: ProjectRecord | null;
  baseModel: string;
  /** Defaults to the promoted one. */
  adapter?: 'promoted' | 'base';
  /** Of the adapter, 0 to 1.5. Defaults to the setting, which by default takes what its training chose. */
  strength?: number;
}

/** A project that is ready. */
export interface Prepared {
  /** How long it took. */
  ms: number;
  adapter: AnsweringAdapter;
  index: IndexReadiness;
}

/** What a search found, and how old the index is that it looked in. */
export interface ProjectSearch {
  results: SearchResult[];
  freshness: IndexFreshness | null;
  tookMs: number;
}

/** A question in a conversation that Gardener keeps. */
export interface AskRequest extends AnswerOptions {
  question: string;
  conversation: Conversation;
  adapter?: 'promoted' | 'base';
  /** Of the adapter, 0 to 1.5. Defaults to the setting, which by default takes what its training chose. */
  strength?: number;
  /** Defaults to true. */
  retrieval?: boolean;
  /** Defaults to true. */
  store?: boolean;
  /** Answers the last question of the conversation anew, in the place of its exchange. `question` may be another. */
  replaceLast?: boolean;
}

/** The messages of a client that keeps its conversation itself. */
export interface MessagesRequest extends AnswerOptions {
  messages: readonly ChatMessage[];
  adapter?: 'promoted' | 'base';
  /** Of the adapter, 0 to 1.5. Defaults to the setting, which by default takes what its training chose. */
  strength?: number;
  /** Defaults to true. */
  retrieval?: boolean;
}

/** A text to go on with; with `suffix`, the gap between the two is filled in. */
export interface ContinuationRequest extends AnswerOptions {
  prompt: string;
  suffix?: string;
  /** The end of the text, right before the gap, where somebody types it; see `CompletionRequest.typed`. */
  typed?: string;
  /** Where the text is, and related code. */
  place?: Place;
  maxTokens: number;
  /** Looks at the text after each piece; once it says yes, that is the whole completion. */
  isDone?: (written: string) => boolean;
}

/** What a completion yields: text as it is written, then one end. */
export type CompletionEvent =
  | { type: 'text'; text: string; likelihood?: Likelihood; prompt?: PromptWork }
  | {
      type: 'end';
      reason: 'stop' | 'length';
      adapter: AnsweringAdapter;
      promptTokens: number;
      completionTokens: number;
    };

/** What an assistant holds open. */
export interface AssistantState {
  runtime: {
    kind: 'llama-cpp' | 'ollama' | 'openai';
    models: {
      baseModel: string;
      /** Of the child process that holds the model; null on a server. */
      pid: number | null;
      loadedAdapters: { projectId: string; version: number }[];
      /** Calls that wait for their turn. */
      queued: number;
    }[];
    lastError: string | null;
  };
  embedder: { state: 'not-started' | 'ready' | 'failed'; model: string; lastError: string | null };
  indexes: { projectId: string }[];
}
