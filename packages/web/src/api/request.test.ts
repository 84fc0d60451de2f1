import { afterEach, expect, it, vi } from 'vitest';
import { request } from './request.js';

afterEach(() => vi.unstubAllGlobals());

const answering = (response: () => Response | Promise<never>) =>
  vi.stubGlobal('fetch', async () => response());
const error = (code: string, status: number) =>
  Response.json({ error: { code, message: 'No.', remedy: 'Wait.' } }, { status });

it('gives the server’s own error', async () => {
  answering(() => error('server.too-many-requests', 503));
  await expect(request('GET', '/api/projects')).rejects.toMatchObject({
    code: 'server.too-many-requests',
    status: 503,
    remedy: 'Wait.',
  });
});

it('takes a server that is on its way out for one that is away', async () => {
  answering(() => error('server.stopping', 503));
  await expect(request('GET', '/api/projects')).rejects.toMatchObject({ code: 'web.server-away' });
  answering(() => Promise.reject(new TypeError('fetch failed')));
  await expect(request('GET', '/api/projects')).rejects.toMatchObject({ code: 'web.server-away' });
});

it('says so when what answers is no Gardener server', async () => {
  answering(() => new Response('<h1>502</h1>', { status: 502 }));
  await expect(request('GET', '/api/projects')).rejects.toMatchObject({
    code: 'web.server-error',
    status: 502,
  });
});
