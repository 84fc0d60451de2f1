import type { Place } from './fill-in-the-middle.js';

/** One message of a conversation with the model. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What a generation does with the adapter, the length and the sampling. */
export interface GenerationOptions {
  /** Path of a GGUF LoRA adapter for this base model, or null for the base alone. A new version needs a new path. */
  adapter: string | null;
  /** How much of its own effect the adapter has: 0 none (the base answers), 1 as it was trained. Defaults to 1. */
  adapterStrength?: number;
  /** Name by which a server knows the adapter; llama.cpp in our own process goes by the file. */
  adapterName?: string;
  /** Whose turn it takes (a project's id): waiting calls of different turns go round, those of one in order. */
  turn?: string;
  /** Most tokens to write; less where the context ends earlier. */
  maxTokens: number;
  /** 0 = always the likeliest token. */
  temperature: number;
  /** Makes sampling repeatable; random where left out. Has no effect at temperature 0. */
  seed?: number;
  /**
   * Divides the logits of the last 64 tokens written, so that a small model leaves a loop. Defaults to 1 (none); 1.1 is
   * usual for answers. arXiv 1909.05858, section 4.1. llama.cpp's runtime also ends a text that says
   * one passage three times over.
   */
  repeatPenalty?: number;
  /** Ends generation when one of these texts is written; the text itself is left out. */
  stop?: readonly string[];
  signal?: AbortSignal;
}

/** An answer to messages, written in the base model's chat template. Markup in a message is never a special token. */
export interface ChatRequest extends GenerationOptions {
  messages: readonly ChatMessage[];
}

/** The continuation of a text as it stands, without a chat template. */
export interface CompletionRequest extends GenerationOptions {
  prompt: string;
  /** What follows the gap: the text is then filled in between, by the base's fill-in-the-middle tokens. */
  suffix?: string;
  /** Where the text is, and other code of its project: told in the base's own format, or as comments before it. */
  place?: Place;
  /**
   * For code that somebody types: the text right before the place, which `prompt` then does not end with. It comes
   * after everything else, so that a key press changes the end of the prompt alone, and what the last call has left in
   * memory is used up to there (a rounding more or less than a cold call). The text may begin inside of a token, and
   * waits for no answer that is being written. Ignored beyond that by servers.
   */
  typed?: string;
}

/** What of a runtime is at work; nothing is started by asking. */
export interface RuntimeState {
  /** Of the process that holds the model, where it is a child of ours. */
  processId: number | null;
  /** Adapter files (names, on a server) that can answer at once. */
  adapters: string[];
  /** Calls that wait for their turn. */
  queued: number;
}

/** What a generation yields: text as it is written, then exactly one end. */
export type GenerationEvent =
  | {
      type: 'text';
      text: string;
      /** How likely the model held what it has written since the last text; for typed code only. */
      likelihood?: Likelihood;
      /** With the first text of typed code. */
      prompt?: PromptWork;
    }
  | {
      type: 'end';
      /** `stop`: the model ended its turn, or a stop text was met; `length`: maxTokens or the context ran out. */
      reason: 'stop' | 'length';
      promptTokens: number;
      completionTokens: number;
    };

/** Tokens, and the sum of the natural logarithms of their probabilities. */
export interface Likelihood {
  tokens: number;
  logProbability: number;
}

/** What reading a prompt took. */
export interface PromptWork {
  tokens: number;
  /** Of these, what was in memory already. */
  cachedTokens: number;
  ms: number;
}

/**
 * Teacher-forced judgement of a token sequence: position i predicts tokens[i + 1], so there is one less than tokens.
 */
export interface TokenScores {
  /** The model's likeliest next token at each position. */
  top1: Int32Array;
  /** Natural logarithm of the probability of the true next token. */
  logProbability: Float32Array;
}

/**
 * Runs one base model, with any of its adapters. Calls may overlap; they are answered one after the other.
 * Every call starts from a clean state, so nothing of one adapter or conversation reaches another.
 */
export interface GenerationRuntime {
  /** Tokens of prompt and answer together. */
  readonly contextTokens: number;
  /**
   * Makes an adapter (null = the base) ready to answer. Throws as `generate`.
   */
  prepare(
    request: Pick<GenerationOptions, 'adapter' | 'adapterStrength' | 'adapterName' | 'turn' | 'signal'>,
  ): Promise<void>;
  /**
   * @throws GardenerError `models.prompt-too-long`, `models.adapter-missing`, `models.bad-adapter`,
   * `models.runtime-died` (retryable: the next call starts a new process), `models.cancelled`
   */
  generate(request: ChatRequest): AsyncIterable<GenerationEvent>;
  /** @throws like `generate`; `models.no-fill-in-the-middle` for a suffix where the base has no tokens for it */
  complete(request: CompletionRequest): AsyncIterable<GenerationEvent>;
  /**
   * Scores tokens as they are, without adding a begin token.
   * @param request.tokens at least two, at most `contextTokens`
   * @throws like `generate`
   */
  score(request: {
    tokens: readonly number[];
    adapter: string | null;
    adapterStrength?: number;
    signal?: AbortSignal;
  }): Promise<TokenScores>;
  /** Tokens of a text; special-token markup in it counts as ordinary text. */
  countTokens(text: string): Promise<number>;
  state(): RuntimeState;
  /** Ends the runtime; calls in progress fail. */
  dispose(): Promise<void>;
}
