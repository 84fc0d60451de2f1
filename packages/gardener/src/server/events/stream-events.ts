import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { EventLog } from './event-log.js';

const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for this long is gone, whatever its connection says. */
const STALLED_MS = 30_000;

/** What one client wants to hear. */
export interface Subscription {
  log: EventLog;
  /** Only of this project, and what concerns everyone; null for all. */
  projectId: string | null;
  /** Where it stopped listening, or null for what comes from now on. */
  lastEventId: string | null;
  stopping: AbortSignal;
  /** How long a client may take nothing. */
  stalledMs?: number;
}

/** Streams events to one client until it goes away or the server ends. */
export function streamEvents(
  c: Context,
  { log, projectId, lastEventId, stopping, stalledMs = STALLED_MS }: Subscription,
): Response {
  const known = lastEventId === null ? log.last : log.placeOf(lastEventId);
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const ended = AbortSignal.any([gone.signal, stopping]);
    const write = async (what: Promise<unknown>) => {
      if (await inTime(what, stalledMs)) return;
      stream.abort();
      // Nobody takes the end of the stream either.
      (c.env as Partial<HttpBindings> | undefined)?.outgoing?.destroy();
    };
    let place = known ?? log.last;
    const reset = () =>
      write(stream.writeSSE({ id: `${log.instance}-${place}`, event: 'reset', data: '{}' }));
    if (known === null) await reset();
    // Something at once: clients and proxies then know that the stream stands.
    else await write(stream.write(`: from ${log.instance}-${place}\nid: ${log.instance}-${place}\n\n`));
    while (!ended.aborted && !stream.aborted) {
      if (!log.holds(place)) {
        place = log.last;
        await reset();
        continue;
      }
      const events = log.after(place);
      for (const { id, n, event, projectId: about, data } of events) {
        if (stream.aborted) return;
        place = n;
        if (projectId !== null && about !== null && about !== projectId) continue;
        await write(stream.writeSSE({ id, event, data: JSON.stringify(data) }));
      }
      if (events.length > 0) continue;
      await log.next(place, HEARTBEAT_MS, ended);
      if (log.last === place && !ended.aborted) await write(stream.write(': still here\n\n'));
    }
    if (stopping.aborted && !stream.aborted) await write(stream.writeSSE({ event: 'shutdown', data: '{}' }));
  });
}

async function inTime(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer));
}
