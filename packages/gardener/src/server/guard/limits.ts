import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { GardenerError } from '../../garden/errors/garden-error.js';

/** What one server takes at once. */
export interface Limits {
  bodyBytes: number;
  /** Requests under way, streams included. */
  requests: number;
  /** Answers being written or waiting for their turn. */
  generations: number;
}

export const DEFAULT_LIMITS: Limits = { bodyBytes: 1024 ** 2, requests: 256, generations: 64 };

/** Refuses a larger body while it is still arriving. @throws GardenerError `server.body-too-large` */
export function limitBody(bodyBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: bodyBytes,
    onError: () => {
      throw new GardenerError('server.body-too-large', `The body is larger than ${bodyBytes} bytes.`, {
        remedy: 'Send less at once.',
      });
    },
  });
}

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
