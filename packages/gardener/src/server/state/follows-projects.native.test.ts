import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { makeTestApp, type TestApp } from '../app.fixture.js';

/** Has no model: what follows the request fails at once. */
const nothing = createServer((_request, response) => response.writeHead(404).end());

let shop: TestApp;
const followed: string[] = [];
beforeAll(async () => {
  shop = await makeTestApp();
  await new Promise<void>((resolve) => nothing.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(nothing.address() as AddressInfo).port}`;
  const servers = { runtimeUrl: url, embeddingUrl: url, embeddingModel: 'none' };
  await writeFile(
    shop.garden.paths.settingsFile,
    JSON.stringify({ ...servers, runtimeProvider: 'openai', embeddingProvider: 'openai' }),
  );
  await shop.garden.rereadSettings();
  vi.spyOn(shop.context.followers, 'use').mockImplementation(({ id }) => void followed.push(id));
});
beforeEach(() => {
  followed.length = 0;
});
afterAll(async () => {
  await shop.remove();
  nothing.close();
});

const messages = [{ role: 'user', content: 'Where are titles trimmed?' }];
it.each([
  ['lines are searched', '/api/projects/shop/search/lines', { pattern: 'trim' }],
  ['a place is asked about', '/api/projects/shop/related?path=slug.ts&line=2', undefined],
  ['a symbol is asked about', '/api/projects/shop/symbol?name=slugify', undefined],
  ['Ollama’s API is asked a question', '/api/generate', { model: 'shop', prompt: 'Why?', stream: false }],
  [
    'Ollama’s API goes on with a text',
    '/api/generate',
    { model: 'shop', prompt: 'a', raw: true, stream: false },
  ],
  [
    'Ollama’s API fills a gap in',
    '/api/generate',
    { model: 'shop', prompt: 'a', suffix: 'b', stream: false },
  ],
  ['Ollama’s API is told messages', '/api/chat', { model: 'shop', messages, stream: false }],
  ['Ollama’s API loads it', '/api/chat', { model: 'shop', messages: [] }],
])('a project is followed from when %s', async (_name, path, body) => {
  await shop.ask(path, body === undefined ? {} : { method: 'POST', body });
  expect(followed).toEqual([shop.project.id]);
});
