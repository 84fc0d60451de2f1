import type { Place } from '../runtime/fill-in-the-middle.js';
import type { ChatMessage, GenerationEvent, TokenScores } from '../runtime/runtime.js';
import type { GenerationJobOptions } from './engine/generate-tokens.js';
import type { AdapterInUse, EngineSetup } from './engine/llama-cpp-engine.js';

/** What a job that uses a context leaves behind: adapter files that have one now, the one used last at the end. */
export interface KeptAdapters {
  keptAdapters: string[];
}

/** What the process that holds llama.cpp is asked. */
export interface LlamaCppProtocol {
  setup: EngineSetup;
  ready: {
    /** Never more than the base was trained for. */
    contextTokens: number;
  };
  jobs: {
    /** Answers messages in the base's chat template. */
    generate: {
      input: { messages: readonly ChatMessage[] } & GenerationJobOptions;
      progress: GenerationEvent;
      result: KeptAdapters;
    };
    /** Continues a text, or fills the gap before a suffix. */
    complete: {
      input: {
        prompt: string;
        suffix: string | null;
        place: Place | null;
        typed: string | null;
      } & GenerationJobOptions;
      progress: GenerationEvent;
      result: KeptAdapters;
    };
    score: {
      input: { tokens: readonly number[]; adapter: AdapterInUse | null };
      progress: never;
      result: { scores: TokenScores } & KeptAdapters;
    };
    prepare: { input: { adapter: AdapterInUse | null }; progress: never; result: KeptAdapters };
    /** Tokens of a text. Needs no context and waits for no other job. */
    count: { input: string; progress: never; result: number };
  };
}
