import type { Context } from 'hono';
import { GardenerError } from '../../garden/errors/garden-error.js';
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
export function beginGeneration(c: Context, { garden, generations, stopping }: ServerContext): Generation {
  const end = generations.take();
  const tooLong = AbortSignal.timeout(LONGEST_MS);
  const signal = AbortSignal.any([c.req.raw.signal, stopping, tooLong]);
  const reasonOf = (error: unknown) => {
    if (tooLong.aborted) return tookTooLong();
    // A stream has answered 200 already: nobody else writes it down.
    if (!signal.aborted && !GardenerError.isInstance(error))
      garden.log.error({ err: error }, 'an answer failed');
    return stopping.aborted ? isStopping() : error;
  };
  return { signal, end, reasonOf };
}

/** Runs what writes an answer, gives its place back, and tells why it broke off. */
export async function whileGenerating<T>(generation: Generation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw generation.reasonOf(error);
  } finally {
    generation.end();
  }
}

/** A whole text and its end, for who does not want it piece by piece. */
export async function collect<End extends { type: 'end' }>(
  events: AsyncIterable<{ type: 'text'; text: string } | End>,
): Promise<{ text: string; end: End }> {
  let text = '';
  for await (const event of events) {
    if (event.type === 'end') return { text, end: event };
    text += event.text;
  }
  throw new Error('a text ended without an end event');
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
