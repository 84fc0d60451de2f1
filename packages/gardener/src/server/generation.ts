import type { Context } from 'hono';
import { GardenerError } from '../garden/errors.js';
import type { ServerContext } from './context.js';

/** Longer than any answer takes, also behind others in the queue. */
const LONGEST_MS = 10 * 60_000;

/** One answer being written for one client. */
export interface Generation {
  /** Aborts when the client has gone, the server ends, or it took too long. */
  signal: AbortSignal;
  /** Gives the place back; to be called once it has ended, however it ended. */
  end(): void;
  /** What a client is told when the writing broke off: the reason why, where it was not the writing's own fault. */
  reasonOf(error: unknown): unknown;
}

/** Takes a place for an answer. @throws GardenerError `server.too-many-requests` */
export function beginGeneration(c: Context, { generations, stopping }: ServerContext): Generation {
  const end = generations.take();
  const tooLong = AbortSignal.timeout(LONGEST_MS);
  const signal = AbortSignal.any([c.req.raw.signal, stopping, tooLong]);
  const reasonOf = (error: unknown) => {
    if (tooLong.aborted) return tookTooLong();
    return stopping.aborted ? isStopping() : error;
  };
  return { signal, end, reasonOf };
}

function tookTooLong(): GardenerError {
  return new GardenerError('server.took-too-long', 'The answer took longer than ten minutes.', {
    remedy: 'Ask for fewer tokens, or again when less is under way.',
    retryable: true,
  });
}

/** What is answered while the server ends. */
export function isStopping(): GardenerError {
  return new GardenerError('server.stopping', 'The server is being shut down.', {
    remedy: 'Start it again with `gardener serve`.',
    retryable: true,
  });
}
