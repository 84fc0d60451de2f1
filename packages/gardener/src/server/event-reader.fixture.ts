import { EventSourceParserStream } from 'eventsource-parser/stream';

/** One server-sent event; its data parsed where it is JSON. */
export interface SentEvent {
  id: string | null;
  event: string;
  data: unknown;
}

/** Reads a stream of server-sent events as a client does. */
export interface EventReader {
  /** Everything so far. */
  readonly seen: SentEvent[];
  /** The first event, of those not looked at yet, that fits. Fails when the stream ends without one. */
  until(fits: (event: SentEvent) => boolean): Promise<SentEvent>;
  close(): void;
}

/** Opens a stream, or reads one that is open. */
export async function readEvents(
  from: string | Response,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const client = new AbortController();
  const response = typeof from === 'string' ? await fetch(from, { headers, signal: client.signal }) : from;
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
  const events = parse(response.body.pipeThrough(new TextDecoderStream()));
  const seen: SentEvent[] = [];
  return {
    seen,
    async until(fits) {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error(`the stream ended after ${JSON.stringify(seen.slice(-3))}`);
        seen.push(value);
        if (fits(value)) return value;
      }
    },
    close: () => client.abort(),
  };
}

async function* parse(texts: ReadableStream<string>): AsyncGenerator<SentEvent, void> {
  for await (const { id = null, event = 'message', data } of texts.pipeThrough(new EventSourceParserStream()))
    yield { id, event, data: data === '[DONE]' ? data : JSON.parse(data) };
}
