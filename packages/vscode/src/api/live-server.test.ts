import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LiveServer, type ServerState } from './live-server.js';
import { request } from './request.js';

// A small server of the same form; the real one is tried in e2e/vscode.test.ts.
let server: Server;
let port = 0;
let streams: ServerResponse[] = [];
let projects = [{ project: { id: 'a', name: 'shop' }, glance: 'ready' }];
let live: LiveServer;
/** What each request said of who asks. */
let clients: unknown[] = [];

async function listen(): Promise<void> {
  server = createServer((incoming, response) => {
    clients.push(incoming.headers['x-gardener-client']);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (incoming.headers.authorization !== 'Bearer right') {
      return json(401, { error: { code: 'server.token-required', message: 'A token.', remedy: 'Send it.' } });
    }
    if (incoming.url === '/api/projects') return json(200, { projects });
    if (incoming.url === '/api/projects/a') return json(200, projects[0]);
    if (incoming.url !== '/api/events') return response.writeHead(200).end('<html>');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': from 1\n\n');
    streams.push(response);
  });
  await new Promise<void>((settle) => server.listen(port, '127.0.0.1', settle));
  port = (server.address() as AddressInfo).port;
}

async function end(): Promise<void> {
  server.closeAllConnections();
  await new Promise((settle) => server.close(settle));
}

function until(reached: (state: ServerState) => boolean): Promise<void> {
  return new Promise((settle) => {
    if (reached(live.state)) return settle();
    const stop = live.onChange((state) => {
      if (!reached(state)) return;
      stop();
      settle();
    });
  });
}

let token = 'right';
const address = async () => ({ url: `http://127.0.0.1:${port}`, token });

beforeEach(async () => {
  port = 0;
  streams = [];
  clients = [];
  token = 'right';
  projects = [{ project: { id: 'a', name: 'shop' }, glance: 'ready' }];
  await listen();
  live = new LiveServer(address, { retryMs: [10], refreshMs: 5 });
});
afterEach(async () => {
  live.close();
  await end();
});

it('follows the projects, over a break and a restart', async () => {
  void live.run();
  await until(({ connection }) => connection === 'live');
  expect(live.state.projects.map(({ project }) => project.name)).toEqual(['shop']);
  projects = [{ project: { id: 'a', name: 'shop' }, glance: 'training' }];
  streams[0]?.write('event: run\ndata: {"projectId":"a","runId":"r"}\n\n');
  await until((state) => state.projects[0]?.glance === 'training');
  await end();
  await until(({ connection }) => connection === 'away');
  // What was known is not forgotten meanwhile.
  expect(live.state.projects).toHaveLength(1);
  projects = [];
  await listen();
  await until((state) => state.connection === 'live' && state.projects.length === 0);
});

it('tells why it is away, and tries at once when asked to', async () => {
  live.close();
  live = new LiveServer(address, { retryMs: [3_600_000] });
  token = 'wrong';
  void live.run();
  await until(({ connection }) => connection === 'away');
  expect(live.state.problem?.code).toBe('server.token-required');
  expect(live.state.address?.url).toBe((await address()).url);
  token = 'right';
  await new Promise((settle) => setImmediate(settle));
  live.connectAgain();
  await until(({ connection }) => connection === 'live');
  expect(live.state.problem).toBeNull();
});

it('means the server that refuses, not the one before, once it has turned to that', async () => {
  let found = await address();
  live.close();
  live = new LiveServer(async () => found, { retryMs: [10] });
  void live.run();
  await until(({ connection }) => connection === 'live');
  found = { url: `http://localhost:${port}`, token: 'wrong' };
  live.connectAgain();
  await until(({ problem }) => problem?.code === 'server.token-required');
  expect(live.state.address?.url).toBe(`http://localhost:${port}`);
});

it('counts a stream that falls silent as broken', async () => {
  live.close();
  live = new LiveServer(address, { retryMs: [10], silenceMs: 50 });
  void live.run();
  await until(() => streams.length >= 2);
});

it('says with every request which window asks, for a server with several', async () => {
  void live.run();
  await until(({ connection }) => connection === 'live');
  await request(await address(), 'GET', '/api/projects/a');
  expect(clients).toHaveLength(3);
  expect(new Set(clients).size).toBe(1);
  expect(clients[0]).toMatch(/^vscode-[0-9a-z]{8,}$/);
});

it('says what is no Gardener server, and what does not answer', async () => {
  const at = await address();
  await expect(request(at, 'GET', '/')).rejects.toMatchObject({ code: 'vscode.no-gardener' });
  await expect(request({ url: 'http://127.0.0.1:1', token: null }, 'GET', '/')).rejects.toMatchObject({
    code: 'vscode.server-away',
  });
});
