import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { errorAnswer } from '../contract/error-answer.js';
import type { Generation } from '../state/generation.js';
import { asOpenAiError } from './error-shape.js';

/** How the events of a generation become chunks. */
export interface ChunkShapes<End, Chunk extends object> {
  /** Sent before the first text, or null. */
  first: Chunk | null;
  text: (text: string) => Chunk;
  /** `null` when the server ends before the text does. */
  end: (end: End | null) => Chunk;
  /** Sent last, or null for none. */
  usage: (end: End) => Chunk | null;
}

/**
 * Streams a generation in OpenAI's chunks, with `[DONE]` at the end. The generation stops when the client goes away.
 */
export function streamChunks<End extends { type: 'end' }, Chunk extends object>(
  c: Context,
  generation: Generation,
  events: AsyncIterable<{ type: 'text'; text: string } | End>,
  shapes: ChunkShapes<End, Chunk>,
): Response {
  return streamSSE(c, async (stream) => {
    const send = (data: object) => stream.writeSSE({ data: JSON.stringify(data) });
    try {
      if (shapes.first !== null) await send(shapes.first);
      for await (const event of events) {
        if (event.type === 'text') await send(shapes.text(event.text));
        else {
          await send(shapes.end(event));
          const usage = shapes.usage(event);
          if (usage !== null) await send(usage);
        }
        if (stream.aborted) return;
      }
      await stream.writeSSE({ data: '[DONE]' });
    } catch (error) {
      const reason = errorAnswer(generation.reasonOf(error));
      // What has been written is whole as far as it goes.
      if (reason.body.error.code === 'server.stopping') await send(shapes.end(null));
      else await send(asOpenAiError(reason));
      await stream.writeSSE({ data: '[DONE]' });
    } finally {
      generation.end();
    }
  });
}
