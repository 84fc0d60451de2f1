import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTestApp, type TestApp } from './app.fixture.js';

let web: string;
let built: TestApp;
beforeAll(async () => {
  web = await mkdtemp(join(tmpdir(), 'gardener-web-'));
  await mkdir(join(web, 'assets'));
  await writeFile(join(web, 'index.html'), '<!doctype html><title>Gardener</title>');
  await writeFile(join(web, 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(join(web, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  built = await makeTestApp({ webDirectory: web });
});
afterAll(async () => {
  await built.remove();
  await rm(web, { recursive: true, force: true });
});

it.each(['/', '/p/shop/chat', '/settings', '/p/a.b/search'])(
  'gives the page for %s, to be asked for again each time',
  async (path) => {
    const response = await built.ask(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain('<title>Gardener</title>');
  },
);

it('gives assets for ever, and tells one that has not changed', async () => {
  const asset = await built.ask('/assets/app-1a2b.js');
  expect(asset.headers.get('content-type')).toMatch(/^text\/javascript/);
  expect(asset.headers.get('cache-control')).toContain('immutable');
  const again = await built.ask('/assets/app-1a2b.js', {
    headers: { 'if-none-match': asset.headers.get('etag')! },
  });
  expect(again.status).toBe(304);
  expect((await built.ask('/icon.svg')).headers.get('content-type')).toBe('image/svg+xml');
  expect((await built.ask('/assets/gone.js')).status).toBe(404);
});

it('says how to build it when it has not been built', async () => {
  const bare = await makeTestApp({ webDirectory: join(web, 'nothing') });
  const response = await bare.ask('/');
  expect(response.status).toBe(404);
  expect(await response.text()).toContain('npm run build');
  await bare.remove();
});
