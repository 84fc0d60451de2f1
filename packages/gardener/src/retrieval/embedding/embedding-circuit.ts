import pRetry, { AbortError } from 'p-retry';
import { GardenerError } from '../../garden/errors/garden-error.js';

/** How patiently a server is asked. */
export interface Patience {
  /** Further attempts of one request. Defaults to 4. */
  retries: number;
  /** Wait before the first further attempt, in ms; doubled each time. Defaults to 500. */
  firstWaitMs: number;
  /** Requests in a row that must fail, all attempts of each, before the circuit opens. Defaults to 3. */
  failuresToOpen: number;
  /** How long an open circuit lets nothing through, in ms. Defaults to 30,000. */
  openMs: number;
}

const DEFAULT_PATIENCE: Patience = { retries: 4, firstWaitMs: 500, failuresToOpen: 3, openMs: 30_000 };

/**
 * Repeats a request with exponential backoff, and after repeated failures fails at once for a while: many searches
 * would otherwise wait for a server that is gone, each in its turn.
 */
export class EmbeddingCircuit {
  readonly #patience: Patience;
  #failures = 0;
  #openUntil = 0;
  #lastError: unknown = null;

  constructor(patience: Partial<Patience> = {}) {
    this.#patience = { ...DEFAULT_PATIENCE, ...patience };
  }

  /**
   * What `request` gives.
   * @param request throws a GardenerError; one that is not retryable ends the attempts and
   * says nothing about the circuit
   * @throws what the last attempt threw; the error of the last request while the circuit is open; the
   * signal's reason when aborted
   */
  async run<Result>(request: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    if (performance.now() < this.#openUntil) throw this.#lastError;
    const { retries, firstWaitMs } = this.#patience;
    try {
      const result = await pRetry(() => request().catch(rethrowForRetry), {
        retries,
        minTimeout: firstWaitMs,
        factor: 2,
        randomize: true,
        ...(signal ? { signal } : {}),
      });
      this.#failures = 0;
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      if (GardenerError.isInstance(error) && error.retryable) this.#count(error);
      throw error;
    }
  }

  #count(error: GardenerError): void {
    this.#failures++;
    this.#lastError = error;
    if (this.#failures >= this.#patience.failuresToOpen)
      this.#openUntil = performance.now() + this.#patience.openMs;
  }
}

function rethrowForRetry(error: unknown): never {
  if (GardenerError.isInstance(error) && error.retryable) throw error;
  throw new AbortError(error instanceof Error ? error : new Error(String(error)));
}
