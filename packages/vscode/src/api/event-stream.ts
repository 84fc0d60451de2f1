import { createParser } from 'eventsource-parser';

/** One event of a text/event-stream. */
export interface StreamEvent {
  event: string;
  data: string;
  /** That a client gives when it connects again. */
  id: string | null;
}

/**
 * The events of a response body. Comments are passed over; an event cut off at the end of the stream is dropped, as
 * the standard says.
 * @param onData told of whatever comes, comments too: the connection stands
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onData: () => void = () => undefined,
): AsyncGenerator<StreamEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event = 'message', data, id }) => events.push({ event, data, id: id ?? null }),
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onData();
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
