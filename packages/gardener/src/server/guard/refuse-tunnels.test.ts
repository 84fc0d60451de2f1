import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refuseTunnels } from './refuse-tunnels.js';

const server = createServer((_request, response) => response.end('here'));
let port: number;
beforeEach(async () => {
  refuseTunnels(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => server.close());

it('tells who asks for a tunnel that there is none, and goes on', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.write('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n');
  let answer = '';
  for await (const part of socket) answer += part;
  expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
});
