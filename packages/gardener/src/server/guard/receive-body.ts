import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { GardenerError } from '../../garden/errors/garden-error.js';

/** How bodies are received. */
export interface BodyLimits {
  /** The most that one may hold. */
  bytes: number;
  /** How long one may take to arrive: a mebibyte on this machine, or over a network of any use, takes less. */
  ms: number;
  /** Bodies arriving at once; the one that has been arriving longest makes room for one more. */
  arriving: number;
}

/**
 * Receives a request's body whole before the request takes one of the server's places: whoever sends slowly keeps
 * nobody else waiting. Routes read it from Hono's cache (`c.req.json()`), not from `c.req.raw`.
 * @throws GardenerError `server.body-too-large`, `server.body-too-slow`
 */
export function receiveBody({ bytes, ms, arriving }: BodyLimits): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize: bytes,
    onError: () => {
      throw new GardenerError('server.body-too-large', `The body is larger than ${bytes} bytes.`, {
        remedy: 'Send less at once.',
      });
    },
  });
  /** Ends the wait for a body; the oldest first. */
  const waiting = new Set<() => void>();
  return async (c, next) => {
    const { method } = c.req;
    if (method !== 'GET' && method !== 'HEAD') {
      await new Promise<void>((resolve, reject) => {
        const giveUp = () => {
          // The next one that comes ends another, however long this one's connection takes to close.
          clearTimeout(timer);
          waiting.delete(giveUp);
          // What has not arrived is not waited for: without this the connection would stay open for it.
          c.header('connection', 'close');
          reject(tooSlow(ms));
        };
        const timer = setTimeout(giveUp, ms);
        if (waiting.size >= arriving) waiting.values().next().value?.();
        waiting.add(giveUp);
        const received = limit(c, async () => {
          await c.req.arrayBuffer();
        });
        received
          .then(() => resolve(), reject)
          .finally(() => {
            clearTimeout(timer);
            waiting.delete(giveUp);
          });
      });
    }
    await next();
  };
}

function tooSlow(ms: number): GardenerError {
  return new GardenerError('server.body-too-slow', `The body did not arrive within ${ms / 1000} s.`, {
    remedy: 'Send it at once.',
    retryable: true,
  });
}
