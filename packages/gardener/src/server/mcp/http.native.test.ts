import { getEventListeners } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeTestApp, type TestApp } from '../app.fixture.js';

let app: TestApp;
beforeEach(async () => {
  app = await makeTestApp();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.remove();
});

const listTools = (headers: Record<string, string> = {}) =>
  app.ask('/mcp', {
    method: 'POST',
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    headers: { accept: 'application/json, text/event-stream', ...headers },
  });

it('keeps nothing of a request that has been answered', async () => {
  const closed = vi.spyOn(McpServer.prototype, 'close');
  const listening = () => getEventListeners(app.context.stopping, 'abort').length;
  const before = listening();
  for (let n = 0; n < 5; n++) expect(await (await listTools()).text()).toContain('search_code');
  // One that is refused as well.
  const refused = await listTools({ accept: 'text/plain' });
  expect(refused.status).toBe(406);
  await refused.text();
  await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(6));
  expect(listening()).toBe(before);
});

it('ends a request when everything ends', async () => {
  const closed = vi.spyOn(McpServer.prototype, 'close');
  await listTools();
  app.stop();
  await vi.waitFor(() => expect(closed).toHaveBeenCalled());
});
