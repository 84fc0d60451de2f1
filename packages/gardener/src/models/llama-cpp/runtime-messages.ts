import type { ChatMessage, GenerationEvent, TokenScores } from '../runtime/runtime.js';

/** How the child process of a runtime is set up. */
export interface RuntimeSetup {
  modelPath: string;
  /** 0 = the cores that are free. */
  threads: number;
  contextTokens: number;
  /** Contexts (one per adapter) kept ready. */
  keptContexts: number;
}

/** Sampling and length of a generation as they travel to the child. */
export interface GenerationJobOptions {
  adapter: string | null;
  maxTokens: number;
  temperature: number;
  seed: number | null;
  repeatPenalty: number;
  stop: readonly string[];
}

/** What the parent can ask of the child. */
export type RuntimeJob =
  | ({ kind: 'generate'; messages: readonly ChatMessage[] } & GenerationJobOptions)
  | ({ kind: 'complete'; prompt: string; suffix: string | null } & GenerationJobOptions)
  | { kind: 'score'; tokens: readonly number[]; adapter: string | null }
  | { kind: 'prepare'; adapter: string | null }
  | { kind: 'count'; text: string };

/** Parent to child. */
export type ToRuntime =
  | { type: 'start'; setup: RuntimeSetup }
  | { type: 'job'; id: number; job: RuntimeJob }
  | { type: 'cancel'; id: number };

/** An error that crosses the process border. */
export interface WireError {
  code: string;
  message: string;
  remedy: string;
  details: Record<string, unknown>;
}

/** What a job gives beside its events. */
export type JobResult = TokenScores | number | null;

/** Child to parent. `done` ends a job; `kept` names the adapters whose contexts are ready. */
export type FromRuntime =
  | { type: 'ready'; contextTokens: number }
  | { type: 'start-failed'; error: WireError }
  | { type: 'event'; id: number; event: GenerationEvent }
  | { type: 'kept'; adapters: string[] }
  | { type: 'done'; id: number; result: JobResult }
  | { type: 'failed'; id: number; error: WireError };
