import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';

export type ToolExtra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** A client's patience ends after a minute, often sooner. */
const EVERY_MS = 2_000;

/** Tells that work goes on, where the client wants to know: its patience begins anew each time. */
export function progressOf({ _meta, sendNotification }: ToolExtra): (done: number) => Promise<void> {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return async () => undefined;
  return (progress) =>
    sendNotification({ method: 'notifications/progress', params: { progressToken, progress } });
}

/** Does work that says nothing until it is done, such as opening an index or a model, and tells that it goes on. */
export async function withProgress<Result>(extra: ToolExtra, work: () => Promise<Result>): Promise<Result> {
  const tell = progressOf(extra);
  let seconds = 0;
  // A client that has gone hears nothing.
  const say = () => void tell(seconds).catch(() => undefined);
  say();
  const timer = setInterval(() => {
    seconds += EVERY_MS / 1_000;
    say();
  }, EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
