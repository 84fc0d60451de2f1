import { GardenerError } from '../../garden/errors/garden-error.js';
import type { CompletionEvent } from '../assistant-requests.js';
import type { CompleteCodeEnd } from './code-request.js';

/** How long a completion may take. */
export interface TimeLimits {
  /** From the first word on: a line that is begun then is the last one. */
  writingMs?: number | undefined;
  /** From the call on: what is written by then is the completion. */
  timeLimitMs?: number | undefined;
  /** Aborts when nobody looks at the completion any more, since a newer one was asked for. */
  superseded?: AbortSignal | undefined;
  signal?: AbortSignal | undefined;
}

/** Keeps one completion within its time: what was written in time is worth more than an error. */
export class TimeLimit {
  /** Aborts when the caller has gone, the time is over, or a newer request has come. */
  readonly signal: AbortSignal;
  readonly #caller: AbortSignal | undefined;
  readonly #superseded: AbortSignal | undefined;
  readonly #writingMs: number | undefined;
  readonly #timeout: AbortSignal | undefined;
  #firstAt: number | null = null;

  constructor({ writingMs, timeLimitMs, superseded, signal }: TimeLimits) {
    this.#caller = signal;
    this.#superseded = superseded;
    this.#writingMs = writingMs;
    this.#timeout = timeLimitMs === undefined ? undefined : AbortSignal.timeout(timeLimitMs);
    this.signal = AbortSignal.any([signal, superseded, this.#timeout].filter((each) => each !== undefined));
  }

  /** Whether a text is long enough for the time that it has taken: only whole lines are cut off for it. */
  isOver(written: string): boolean {
    this.#firstAt ??= performance.now();
    if (this.#writingMs === undefined || !written.includes('\n')) return false;
    return performance.now() - this.#firstAt > this.#writingMs;
  }

  /** The events of a completion; when the time is over, an end in the place of an error. */
  async *within(events: AsyncIterable<CompletionEvent>): AsyncGenerator<CompletionEvent, void> {
    let completionTokens = 0;
    try {
      for await (const event of events) {
        if (event.type === 'text') completionTokens += 1;
        yield event;
      }
    } catch (error) {
      const isTimeOver = this.#timeout?.aborted === true && !this.#isUnwanted;
      if (!isTimeOver || !this.#hasStopped(error)) throw error;
      yield { type: 'end', reason: 'length', adapter: NO_ANSWER, promptTokens: 0, completionTokens };
    }
  }

  /**
   * The end of a completion that has broken off because its time was over or nobody wants it; null for a failure,
   * whenever it comes.
   */
  endFor(error: unknown): CompleteCodeEnd | null {
    if (this.#caller?.aborted === true || !this.#hasStopped(error)) return null;
    return {
      ...{ type: 'end', reason: 'length', adapter: NO_ANSWER, promptTokens: 0, completionTokens: 0 },
      ...{ fillInTheMiddle: false, sources: [], confidence: null, promptMs: 0, cachedTokens: 0 },
      silence: this.#superseded?.aborted === true ? 'newer-request' : null,
    };
  }

  /** Whether an error is what this limit's signal has brought about. */
  #hasStopped(error: unknown): boolean {
    if (!this.signal.aborted) return false;
    if (error === this.signal.reason) return true;
    if (GardenerError.isInstance(error)) return error.code === 'models.cancelled';
    return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
  }

  get #isUnwanted(): boolean {
    return this.#caller?.aborted === true || this.#superseded?.aborted === true;
  }
}

const NO_ANSWER = { version: null, strength: null, reason: 'The time for it was over.' };
