import type { CompletionEvent } from '../assistant-requests.js';
import type { Source } from '../conversations/exchange.js';

/** Code with a place in it, as an editor has it at this moment. */
export interface CodeAtCursor {
  /** The file's path as the project's index names it, or null where the client does not tell. */
  path: string | null;
  before: string;
  after: string;
  /** Other code that the client wants seen, such as what was edited last; the most important last. */
  extra?: readonly { path: string; text: string }[];
}

/** What to write there, and with what. */
export interface CompleteCodeRequest {
  code: CodeAtCursor;
  /** At most 512, and half of the model's context. */
  maxTokens: number;
  /** Whether related code of the project is looked up. Defaults to what suits the project: see `CompletionModes`. */
  retrieval?: boolean;
  /** Defaults to 0. */
  temperature?: number;
  seed?: number;
  stop?: readonly string[];
  /** So long after the first word a line that is begun is the last one. */
  writingMs?: number | undefined;
  /** So long after the call what is written by then is the completion. */
  timeLimitMs?: number | undefined;
  /** Whether lines are told as soon as nothing can take them back; else the text is told once. Defaults to false. */
  stream?: boolean;
  /** Fails where the base model cannot see what follows, instead of going on without it. */
  needsGap?: boolean;
  /** Nothing is suggested whose first line the model holds less likely, 0 to 1 a token. Defaults to 0. */
  minConfidence?: number | undefined;
  /**
   * Who asks. A request of the same client at the same place ends the one before, which then suggests nothing. Without
   * it nothing ends a request but its signal.
   */
  client?: string;
  signal?: AbortSignal;
}

/** The end of a completion. */
export type CompleteCodeEnd = Extract<CompletionEvent, { type: 'end' }> & {
  /** Whether what follows the place was looked at. */
  fillInTheMiddle: boolean;
  /** Code of the project that the model was shown, best first. */
  sources: Source[];
  /** How likely the model held each token of the first line, as a mean; null where nothing tells. */
  confidence: number | null;
  /** Until the prompt was read, what was waited for included. */
  promptMs: number;
  /** Tokens of the prompt that were in memory already. */
  cachedTokens: number;
  /** Why nothing is suggested, where the model has written something. */
  silence: Silence | null;
};

/** `unsure`: less likely than asked for; `nothing-new`: it stands there already; `newer-request`: see `client`. */
export type Silence = 'unsure' | 'nothing-new' | 'newer-request';

/** What a completion yields: its text, if there is any, in one piece or in several; then one end. */
export type CompleteCodeEvent = { type: 'text'; text: string } | CompleteCodeEnd;
