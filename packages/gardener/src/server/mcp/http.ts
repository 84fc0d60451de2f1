import type { OpenAPIHono } from '@hono/zod-openapi';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { ServerContext } from '../context.js';
import { createMcpServer } from './mcp-server.js';

/**
 * MCP over streamable HTTP at /mcp. Without sessions: each request has a server of its own, which costs nothing, and nothing is
 * left over when a client goes away.
 */
export function addMcp(app: OpenAPIHono, context: ServerContext): void {
  const { garden, projects, version, stopping, generations } = context;
  app.post('/mcp', async (c) => {
    const signal = AbortSignal.any([c.req.raw.signal, stopping]);
    const server = createMcpServer({
      garden,
      projects,
      version,
      signal,
      takePlace: () => generations.take(),
    });
    const transport = new WebStandardStreamableHTTPServerTransport();
    await server.connect(transport);
    signal.addEventListener('abort', () => void server.close().catch(() => undefined), { once: true });
    return transport.handleRequest(c.req.raw);
  });
}
