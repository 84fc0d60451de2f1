import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, expect, it } from 'vitest';
import { openGarden } from '../../garden/garden.js';
import { errorAnswer } from '../contract/error-answer.js';
import { type GardenServer, startServer } from '../serve.js';
import { receiveBody } from './receive-body.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A connection whose body begins and does not go on; gives what the server says. */
async function slowBody(port: number, path: string): Promise<{ socket: Socket; said: () => string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  open.push(() => socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await once(socket, 'connect');
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
  );
  return { socket, said: () => text };
}

it('three hundred slow bodies keep nobody waiting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gardener-slow-'));
  open.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const garden = await openGarden({ dataDir: folder, settings: { logLevel: 'silent' } });
  const server: GardenServer = await startServer(garden, { version: '0.0.0', port: 0 });
  open.push(() => server.close());
  await Promise.all(Array.from({ length: 300 }, () => slowBody(server.port, '/api/projects')));
  for (const path of ['/health', '/api/projects']) {
    expect((await fetch(`${server.url}${path}`)).status).toBe(200);
  }
  const wrong = await fetch(`${server.url}/api/projects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(wrong.status).toBe(400);
});

it('gives up on a body that does not come, and on the oldest when too many come at once', async () => {
  const app = new Hono();
  app.onError((error, c) => {
    const { status, body } = errorAnswer(error);
    return c.json(body, status);
  });
  app.use(receiveBody({ bytes: 1_000, ms: 300, arriving: 2 }));
  app.post('/', async (c) => c.json(await c.req.json()));
  const server = createAdaptorServer({ fetch: app.fetch });
  open.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const slow = await slowBody(port, '/');
  await once(slow.socket, 'close');
  expect(slow.said()).toContain('server.body-too-slow');
  const [first] = [await slowBody(port, '/'), await slowBody(port, '/'), await slowBody(port, '/')];
  await once(first.socket, 'close');
  expect(first.said()).toContain('HTTP/1.1 408');
  // Each that comes beyond the limit ends another one: none is ended for two.
  const many = await Promise.all(Array.from({ length: 7 }, () => slowBody(port, '/')));
  await Promise.all(many.map(({ socket }) => socket.closed || once(socket, 'close')));
  expect(many.filter(({ said }) => said().startsWith('HTTP/1.1 408'))).toHaveLength(7);
  const post = (body: string) => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
  expect(await (await post('{"a":1}')).json()).toEqual({ a: 1 });
  expect((await post(`"${'x'.repeat(2_000)}"`)).status).toBe(413);
});
