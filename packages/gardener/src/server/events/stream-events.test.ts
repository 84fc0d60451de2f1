import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { EventLog } from './event-log.js';
import type { Happening } from './happenings.js';
import { streamEvents } from './stream-events.js';

it('drops a client that stays and takes nothing more', async () => {
  const log = new EventLog();
  const app = new Hono();
  const stopping = new AbortController();
  app.get('/', (c) =>
    streamEvents(c, {
      ...{ log, projectId: null, lastEventId: null, stalledMs: 50 },
      stopping: stopping.signal,
    }),
  );
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let isDropped = false;
  server.on('connection', (socket) => socket.once('close', () => (isDropped = true)));
  const large: Happening = {
    event: 'model',
    data: { model: 'x'.repeat(2 ** 16), state: 'downloading', doneBytes: 0, totalBytes: null },
  };
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  try {
    client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(client, 'data');
    client.pause();
    // More than the buffers of both ends hold.
    for (let n = 0; !isDropped; n++) {
      if (n < 200) log.publish(null, large);
      await nextTurn();
    }
    expect(isDropped).toBe(true);
  } finally {
    client.destroy();
    stopping.abort();
    server.close();
  }
});
