import { describe, expect, it } from 'vitest';
import { readEvents, type StreamEvent } from './event-stream.js';

const TEXT =
  'event: text\ndata: {"text":"grün"}\n\n: heartbeat\n\nevent: end\r\ndata: a\r\ndata: b\r\n\r\ndata: cut off';

async function read(bytes: Uint8Array, size: number): Promise<StreamEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  const events: StreamEvent[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('gives the same events however the bytes are cut', async () => {
    const bytes = new TextEncoder().encode(TEXT);
    for (let size = 1; size <= bytes.length; size++) {
      expect(await read(bytes, size), `pieces of ${size}`).toEqual([
        { event: 'text', data: '{"text":"grün"}' },
        { event: 'end', data: 'a\nb' },
      ]);
    }
  });

  it('stops the request when nobody reads on', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const _ of readEvents(body)) break;
    expect(cancelled).toBe(true);
  });
});
