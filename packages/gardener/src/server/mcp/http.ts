import type { OpenAPIHono } from '@hono/zod-openapi';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Context } from 'hono';
import type { ServerContext } from '../state/context.js';
import { createMcpServer } from './mcp-server.js';

/**
 * MCP over streamable HTTP at /mcp. Without sessions: each request has a server of its own, which is closed when its
 * answer has been read, its client has gone, or everything ends.
 */
export function addMcp(app: OpenAPIHono, context: ServerContext): void {
  const { garden, assistant, completer, version, stopping, generations } = context;
  app.post('/mcp', async (c) => {
    const gone = c.req.raw.signal;
    const stop = new AbortController();
    const server = createMcpServer({
      garden,
      assistant,
      completer,
      version,
      signal: stop.signal,
      takePlace: () => generations.take(),
    });
    // Taken away again by hand: a listener on a signal that lives as long as the process keeps all that it refers to.
    const end = () => {
      gone.removeEventListener('abort', end);
      stopping.removeEventListener('abort', end);
      stop.abort();
      void server.close().catch(() => undefined);
    };
    gone.addEventListener('abort', end);
    stopping.addEventListener('abort', end);
    try {
      const transport = new WebStandardStreamableHTTPServerTransport();
      await server.connect(transport);
      return whenRead(await transport.handleRequest(await whole(c)), end);
    } catch (error) {
      end();
      throw error;
    }
  });
}

/** The same answer; `end` is called when all of it has been read. */
function whenRead(response: Response, end: () => void): Response {
  if (response.body === null) {
    end();
    return response;
  }
  return new Response(response.body.pipeThrough(new TransformStream({ flush: end })), response);
}

/** The request with the body that has been received already. */
async function whole(c: Context): Promise<Request> {
  const { url, method, headers } = c.req.raw;
  const body = method === 'POST' ? { body: await c.req.arrayBuffer() } : {};
  return new Request(url, { method, headers, ...body });
}
