import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';

export type ToolExtra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** A client's patience ends after a minute, often sooner. */
const EVERY_MS = 2_000;

/** Tells the client that work goes on, where it wants to know: its patience begins anew each time. */
export type Tell = () => Promise<void>;

function progressOf({ _meta, sendNotification }: ToolExtra): Tell {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return async () => undefined;
  // The protocol wants it larger each time, whatever there is to tell.
  let progress = 0;
  return () =>
    sendNotification({ method: 'notifications/progress', params: { progressToken, progress: progress++ } });
}

/**
 * Does work and tells that it goes on: at its start and from then on, also while it says nothing itself, such as
 * while an index or a model is opened.
 */
export async function withProgress<Result>(
  extra: ToolExtra,
  work: (tell: Tell) => Promise<Result>,
): Promise<Result> {
  const tell = progressOf(extra);
  // A client that has gone hears nothing.
  const say = () => void tell().catch(() => undefined);
  say();
  const timer = setInterval(say, EVERY_MS);
  try {
    return await work(tell);
  } finally {
    clearInterval(timer);
  }
}
