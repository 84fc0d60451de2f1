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
  let rest = '';
  for await (const text of texts) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = field('data');
      if (data === undefined) continue;
      yield {
        id: field('id') ?? null,
        event: field('event') ?? 'message',
        data: data === '[DONE]' ? data : JSON.parse(data),
      };
    }
  }
}
