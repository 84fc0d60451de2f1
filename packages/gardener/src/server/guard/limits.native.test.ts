import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeTestApp, type TestApp } from '../app.fixture.js';
import { DEFAULT_LIMITS } from './limits.js';

let shop: TestApp;
let server: Server;
let url: string;
beforeEach(async () => {
  shop = await makeTestApp({ limits: { ...DEFAULT_LIMITS, requests: 2 } });
  server = createAdaptorServer({ fetch: shop.app.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await shop.remove();
  server.closeAllConnections();
  server.close();
});

const statusOf = async (path: string, method = 'GET') => {
  const response = await fetch(`${url}${path}`, { method });
  await response.arrayBuffer();
  return response.status;
};
const open = async () => {
  const client = new AbortController();
  const response = await fetch(`${url}/api/events`, { signal: client.signal });
  return { status: response.status, leave: () => client.abort() };
};

it('keeps the place of an open event stream, and gives it back when its client goes away', async () => {
  const first = await open();
  const second = await open();
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(await statusOf('/health')).toBe(429);
  first.leave();
  await vi.waitFor(async () => expect(await statusOf('/health')).toBe(200), { timeout: 20_000 });
  const third = await open();
  expect(third.status).toBe(200);
  expect(await statusOf('/health')).toBe(429);
  for (const { leave } of [second, third]) leave();
});

it.each([
  ['answers', '/health', 'GET', 200],
  ['refuses', '/api/nothing', 'GET', 404],
  ['answers without a body', '/api/events', 'HEAD', 200],
])('gives back the places of requests that it %s', async (_name, path, method, status) => {
  for (let n = 0; n < 5; n++) {
    // The client may have its answer a moment before the server knows.
    await vi.waitFor(async () => expect(await statusOf(path, method)).toBe(status), { timeout: 20_000 });
  }
});
