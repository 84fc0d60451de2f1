import { createParser } from 'eventsource-parser';

/** One event of a text/event-stream. */
export interface StreamEvent {
  event: string;
  data: string;
}

/**
 * The events of a response body. For answers to a POST, which EventSource cannot make.
 * Comments and unknown fields are passed over; an event cut off at the end of the stream is
 * dropped, as the standard says.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events: StreamEvent[] = [];
  const parser = createParser({ onEvent: ({ event = 'message', data }) => events.push({ event, data }) });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
