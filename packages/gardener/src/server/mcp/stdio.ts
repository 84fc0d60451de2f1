import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { McpContext } from './mcp-context.js';
import { createMcpServer } from './mcp-server.js';

/** Serves MCP on stdin and stdout until the client closes stdin, or the context's signal aborts. */
export async function serveMcpOnStdio(context: McpContext): Promise<void> {
  const server = createMcpServer(context);
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) process.stdin.once(event, () => resolve());
    context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  await ended;
  await server.close();
}
