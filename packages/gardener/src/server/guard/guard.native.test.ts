import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestApp, type TestApp } from '../app.fixture.js';

const TOKEN = 'a-token-of-forty-three-characters-as-they-are';
let open: TestApp;
let closed: TestApp;
beforeAll(async () => {
  open = await makeTestApp();
  closed = await makeTestApp({ token: TOKEN, host: '0.0.0.0' });
});
afterAll(() => Promise.all([open.remove(), closed.remove()]));

describe('requests from elsewhere', () => {
  it.each(['evil.example', '127.0.0.1.evil.example', '192.168.0.7', '', 'localhost.evil.example:4747'])(
    'refuses the Host %s: a name that an attacker may have bound to this machine',
    async (host) => {
      const response = await open.ask('/api/projects', { headers: { host } });
      expect(response.status).toBe(403);
      expect(await response.text()).not.toContain('shop');
    },
  );

  it.each(['localhost:4747', '127.0.0.1', '[::1]:4747', 'LOCALHOST:4747'])(
    'answers to the Host %s',
    async (host) => {
      expect((await open.ask('/api/projects', { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    ['an Origin', { origin: 'https://evil.example' }],
    ['an Origin without a name', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:9999' }],
    ['a script of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    [
      'an image of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ],
    [
      'a frame of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
    ['a neighbour on this machine', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('refuses %s', async (_name, headers) => {
    expect((await open.ask('/api/projects', { headers })).status).toBe(403);
  });

  it('takes what its own page and a followed link send', async () => {
    const own = {
      origin: 'http://127.0.0.1:4747',
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
    };
    expect((await open.ask('/api/projects', { headers: own })).status).toBe(200);
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await open.ask('/api/projects', { headers: link })).status).toBe(200);
    const form = { ...link, origin: 'https://evil.example' };
    expect((await open.ask('/api/projects', { method: 'POST', headers: form })).status).toBe(403);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'refuses a body of type %s: a foreign page may send it without asking',
    async (type) => {
      const response = await open.ask('/api/projects/shop/search', {
        ...{ method: 'POST', body: { query: 'slug' }, headers: { 'content-type': type } },
      });
      expect(response.status).toBe(415);
    },
  );

  it('lets a page load nothing from elsewhere and stand in no frame', async () => {
    const { headers } = await open.ask('/');
    expect(headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a page of an admitted origin', () => {
  const EDITOR = 'https://editor.example';
  const page = { origin: EDITOR, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
  let admitting: TestApp;
  beforeAll(async () => {
    admitting = await makeTestApp({ token: TOKEN, host: '0.0.0.0', allowedOrigins: [EDITOR] });
  });
  afterAll(() => admitting.remove());
  const to = (path: string, headers: Record<string, string>, method = 'GET') =>
    admitting.ask(path, { method, headers: { host: '192.168.0.7:4747', ...headers } });

  it('is answered, may read what is wrong, and still needs the token', async () => {
    const without = await to('/api/projects', page);
    expect(without.status).toBe(401);
    expect(without.headers.get('access-control-allow-origin')).toBe(EDITOR);
    const bearer = { authorization: `Bearer ${TOKEN}` };
    const response = await to('/api/projects', { ...page, ...bearer });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(EDITOR);
    expect(response.headers.get('vary')).toMatch(/Origin/i);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(
      (await to('/api/nothing', { ...page, ...bearer })).headers.get('access-control-allow-origin'),
    ).toBe(EDITOR);
  });

  it('is told by its preflight what it may send, without a token and without anything of a project', async () => {
    const asks = {
      ...page,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    const response = await to('/api/projects/shop/search', asks, 'OPTIONS');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'x-gardener-client', 'x-gardener-retrieval']),
    );
    expect(await response.text()).toBe('');
  });

  it.each([
    'http://editor.example',
    'https://editor.example:8443',
    'https://editor.example.evil.example',
    'https://sub.editor.example',
    'https://EDITOR.example',
    'https://editor.example/',
    'null',
  ])('is none of %s', async (origin) => {
    for (const method of ['GET', 'OPTIONS']) {
      const asks = {
        ...page,
        origin,
        'access-control-request-method': 'GET',
        authorization: `Bearer ${TOKEN}`,
      };
      const response = await to('/api/projects', asks, method);
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('has to name a Host that is ours and send JSON, as every page', async () => {
    const bearer = { authorization: `Bearer ${TOKEN}` };
    expect((await to('/health', { ...page, ...bearer, host: 'evil.example' })).status).toBe(403);
    const form = { ...page, ...bearer, 'content-type': 'text/plain', 'content-length': '2' };
    expect((await to('/api/projects/shop/search', form, 'POST')).status).toBe(415);
  });

  it('is admitted by the setting, from the next request on, and only while it says so', async () => {
    const ask = () => open.ask('/api/projects', { headers: page });
    expect((await ask()).status).toBe(403);
    const put = (allowedOrigins: string | null) =>
      open.ask('/api/settings', { method: 'PUT', body: { allowedOrigins } });
    expect((await put(`http://127.0.0.1:3000, ${EDITOR}`)).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect((await put(null)).status).toBe(200);
    expect((await ask()).status).toBe(403);
    expect((await put('*')).status).toBe(400);
  });
});

describe('beyond this machine', () => {
  const to = (path: string, headers: Record<string, string> = {}) =>
    closed.ask(path, { headers: { host: '192.168.0.7:4747', ...headers } });

  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer nothing' }],
    ['the beginning of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['a wrong cookie', { cookie: 'gardener_token=nothing' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ])('asks for a token: %s', async (_name, headers) => {
    const response = await to('/api/projects', headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await response.text()).not.toContain(TOKEN);
  });

  it('takes it as a bearer, and makes a cookie of the one in an address', async () => {
    expect((await to('/api/projects', { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    const opened = await to(`/p/shop?token=${TOKEN}&x=1`);
    expect(opened.status).toBe(302);
    expect(opened.headers.get('location')).toBe('/p/shop?x=1');
    const cookie = opened.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect((await to('/api/projects', { cookie: cookie.split(';')[0]! })).status).toBe(200);
    const byScript = await to(`/api/projects?token=${TOKEN}`, { 'sec-fetch-mode': 'cors' });
    expect(byScript.status).toBe(401);
  });

  it('asks a person with a page, which holds nothing of the request', async () => {
    const page = await to('/p/shop?token=%3Cb%3Ewrong', { accept: 'text/html,*/*;q=0.8' });
    expect(page.status).toBe(401);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const html = await page.text();
    expect(html).toContain('That was not the token.');
    expect(html).not.toMatch(/shop|wrong|<script/);
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`);
    const byScript = await to('/p/shop', { accept: 'text/html', 'sec-fetch-mode': 'cors' });
    expect(byScript.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('tells its health without one, and nothing of a project', async () => {
    const response = await to('/health');
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).not.toContain('shop');
    expect(text).not.toContain(closed.garden.paths.root);
  });

  it('takes an address as its Host, but no foreign name', async () => {
    expect((await to('/health', { host: '[fe80::1]:4747' })).status).toBe(200);
    expect((await to('/health', { host: 'evil.example' })).status).toBe(403);
  });
});
