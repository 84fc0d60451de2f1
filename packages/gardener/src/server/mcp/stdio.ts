import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { McpContext } from './mcp-context.js';
import { createMcpServer } from './mcp-server.js';
import { PassOn } from './pass-on.js';

/**
 * Serves MCP on stdin and stdout until the client closes stdin, or the context's signal aborts. What needs models is
 * left to the server of the data directory while one runs.
 */
export async function serveMcpOnStdio(context: McpContext): Promise<void> {
  const { garden, assistant, signal } = context;
  const server = createMcpServer(context);
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) process.stdin.once(event, () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const onServer = () => {
    assistant.closeUnused().catch((error: unknown) => garden.log.warn({ err: error }, 'models stay open'));
  };
  await server.connect(new PassOn(new StdioServerTransport(), { paths: garden.paths, onServer }));
  await ended;
  await server.close();
}
