import { GardenerError } from '../../garden/errors/garden-error.js';
import type { BodyLimits } from './receive-body.js';

/** What one server takes at once. */
export interface Limits {
  body: BodyLimits;
  /** Requests under way; one is until its answer is sent, so that each open stream counts. */
  requests: number;
  /** Answers being written or waiting for their turn. */
  generations: number;
}

export const DEFAULT_LIMITS: Limits = {
  body: { bytes: 1024 ** 2, ms: 10_000, arriving: 128 },
  requests: 256,
  generations: 64,
};

/** Counts what is under way, so that too much is refused at once instead of waiting without end. */
export class Slots {
  #used = 0;

  constructor(
    readonly count: number,
    readonly what: string,
  ) {}

  get used(): number {
    return this.#used;
  }

  /**
   * Takes a place; give it back once with the function returned.
   * @throws GardenerError `server.too-many-requests`
   */
  take(): () => void {
    if (this.#used >= this.count) {
      throw new GardenerError(
        'server.too-many-requests',
        `${this.count} ${this.what} are under way already.`,
        {
          remedy: 'Try again in a few seconds.',
          retryable: true,
        },
      );
    }
    this.#used += 1;
    let isTaken = true;
    return () => {
      if (isTaken) this.#used -= 1;
      isTaken = false;
    };
  }
}
