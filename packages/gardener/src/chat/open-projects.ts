import type { Logger } from 'pino';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import type { ChatMessage } from '../models/runtime/runtime.js';
import type { ModelProgress } from '../models/store/ensure-model.js';
import type { IndexFreshness, SearchOptions, SearchResult } from '../retrieval/index/project-index.js';
import type { Conversation } from './conversation.js';
import type { EmbedderUse } from './open-embedder.js';
import { OpenGarden } from './open-garden.js';
import type { IndexReadiness } from './open-indexes.js';
import type { AnswerEvent, AnswerOptions } from './write-answer.js';

/** Everything that a long-lived process keeps open for the projects it serves: indexes, the embedder, base models with adapters. */
export interface OpenProjects {
  /**
   * Makes a project ready to answer: opens its index, starts embedder and base model, sets up a context with its promoted
   * adapter. Called on switch and when a promotion is seen. Safe to call often; concurrent calls share the work.
   * @throws GardenerError `models.*`, `retrieval.*`
   */
  prepare(project: ProjectRecord, signal?: AbortSignal): Promise<Prepared>;
  /** @throws GardenerError `retrieval.*` */
  search(
    project: ProjectRecord,
    query: string,
    options: SearchOptions & { signal?: AbortSignal },
  ): Promise<ProjectSearch>;
  /**
   * One exchange of a conversation of ours (stored unless `store: false`): text, then one end.
   * @throws GardenerError `chat.empty-question`, `prompt.question-too-long`, `models.*`, `retrieval.*`
   */
  answer(project: ProjectRecord, request: OpenAnswerRequest): AsyncIterable<AnswerEvent>;
  /**
   * Stateless: the messages are the client's (OpenAI API). project null = the base model named, no retrieval.
   * Retrieval adds code for the last user message unless `retrieval: false`. Ends with an AnswerEnd (conversation null).
   */
  chat(target: ChatTarget, request: OpenChatRequest): AsyncIterable<AnswerEvent>;
  /** Text continuation; `suffix` = fill-in-the-middle, `models.no-fill-in-the-middle` where the base has no such tokens. */
  complete(target: ChatTarget, request: OpenCompletionRequest): AsyncIterable<CompletionEvent>;
  embed(texts: readonly string[], kind: 'query' | 'document', signal?: AbortSignal): Promise<Float32Array[]>;
  /** Takes the embedding model that all of it shares into use; started by the first who asks. */
  useEmbedder(): Promise<EmbedderUse>;
  /** Tokens of a text for the target's base model. */
  countTokens(target: ChatTarget, text: string): Promise<number>;
  /** For /health and the UI: what is loaded, nothing is started by asking. */
  state(): OpenProjectsState;
  /** Closes what belongs to a project (removed, or its folder is gone). */
  forget(projectId: string): Promise<void>;
  /** Frees the memory of models that no call uses now; the next call starts them again. */
  closeUnused(): Promise<void>;
  close(): Promise<void>;
}

/** What answers: a project with its adapter, or a base model alone. */
export interface ChatTarget {
  project: ProjectRecord | null;
  baseModel: string;
  /** Defaults to the promoted one. */
  adapter?: 'promoted' | 'base';
}

/** A project that is ready. */
export interface Prepared {
  /** How long it took. */
  ms: number;
  adapter: { version: number | null; reason: string };
  index: IndexReadiness;
}

export interface ProjectSearch {
  results: SearchResult[];
  freshness: IndexFreshness | null;
  tookMs: number;
}

export interface OpenAnswerRequest extends AnswerOptions {
  question: string;
  conversation: Conversation;
  adapter?: 'promoted' | 'base';
  /** Defaults to true. */
  retrieval?: boolean;
  /** Defaults to true. */
  store?: boolean;
  /** Answers the last question of the conversation anew, in the place of its exchange. `question` may be another. */
  replaceLast?: boolean;
}

export interface OpenChatRequest extends AnswerOptions {
  messages: readonly ChatMessage[];
  adapter?: 'promoted' | 'base';
  /** Defaults to true. */
  retrieval?: boolean;
}

export interface OpenCompletionRequest extends AnswerOptions {
  prompt: string;
  suffix?: string;
  maxTokens: number;
}

/** What a completion yields: text as it is written, then one end. */
export type CompletionEvent =
  | { type: 'text'; text: string }
  | {
      type: 'end';
      reason: 'stop' | 'length';
      adapter: { version: number | null; reason: string };
      promptTokens: number;
      completionTokens: number;
    };

export interface OpenProjectsState {
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

export interface OpenProjectsOptions {
  /** Told while a model is fetched. */
  modelProgress?: (progress: ModelProgress) => void;
  log?: Logger;
}

/** Opens nothing yet: everything is opened when it is first needed, and closed with `close`. */
export function openProjects(garden: Garden, options: OpenProjectsOptions = {}): OpenProjects {
  return new OpenGarden(garden, options);
}
