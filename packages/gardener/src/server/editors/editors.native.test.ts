import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestApp, type TestApp } from '../app.fixture.js';

let shop: TestApp;
beforeAll(async () => {
  shop = await makeTestApp();
});
afterAll(() => shop.remove());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  shop.ask(path, { method: 'POST', body, headers });

describe('infill', () => {
  it("answers llama.vim's warm-up at once, with none of the fields it does not want", async () => {
    // As llama.vim 2026-01 sends it.
    const warmUp = {
      ...{ id_slot: 0, input_prefix: '', input_suffix: '', input_extra: [], prompt: '', n_predict: 0 },
      ...{ temperature: 0.0, samplers: [], stream: false, cache_prompt: true, t_max_prompt_ms: 1 },
      ...{ t_max_predict_ms: 1, response_fields: [''], model: '' },
    };
    const response = await post('/p/shop/infill', { ...warmUp, model: '' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({});
  });

  it("answers llama.vscode's warm-up in full", async () => {
    const chunks = [{ text: 'const a = 1;\n', time: 12, filename: '/nowhere/a.ts' }];
    const warmUp = {
      ...{ id_slot: 0, input_prefix: '', input_suffix: '', input_extra: chunks, prompt: '', n_predict: 0 },
      ...{ samplers: [], cache_prompt: true, t_max_prompt_ms: 500, t_max_predict_ms: 1 },
    };
    const response = await post('/infill', warmUp);
    expect(await response.json()).toMatchObject({
      content: '',
      stop: true,
      tokens_cached: 0,
      truncated: false,
      timings: { prompt_n: 0, predicted_n: 0 },
      gardener: { project: 'shop' },
    });
  });

  it.each([
    ['a project that is not there', '/p/nothing/infill', { input_prefix: 'a' }, 404],
    ['text that is none', '/p/shop/infill', { input_prefix: 5 }, 400],
    ['tokens in the place of a text', '/p/shop/infill', { prompt: [1, 2] }, 400],
    ['a negative length', '/p/shop/infill', { n_predict: -2 }, 400],
  ])('refuses %s', async (_name, path, body, status) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { remedy: expect.stringMatching(/\S/) } });
  });

  it('refuses ten megabytes before they are read', async () => {
    const response = await post('/p/shop/infill', { input_prefix: 'x'.repeat(10_000_000) });
    expect(response.status).toBe(413);
  });

  it('is for this machine’s own programs only', async () => {
    const page = await post('/p/shop/infill', { n_predict: 0 }, { origin: 'http://evil.example' });
    expect(page.status).toBe(403);
    const plain = await shop.ask('/infill', {
      method: 'POST',
      body: { n_predict: 0 },
      headers: { 'content-type': 'text/plain' },
    });
    expect(plain.status).toBe(415);
  });
});

describe("Ollama's API", () => {
  it('tells a version, and lists projects as models', async () => {
    expect(await (await shop.ask('/api/version')).json()).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    const { models } = (await (await shop.ask('/api/tags')).json()) as { models: { name: string }[] };
    expect(models.map(({ name }) => name)).toContain('shop');
  });

  it('says that a project fills gaps in, whatever tag its client adds', async () => {
    for (const body of [{ model: 'shop' }, { name: 'shop:latest' }]) {
      expect(await (await post('/api/show', body)).json()).toMatchObject({
        capabilities: expect.arrayContaining(['insert']),
        template: expect.stringContaining('.Suffix'),
      });
    }
  });

  it('tells errors as Ollama does', async () => {
    const response = await post('/api/generate', { model: 'nothing', prompt: 'a' });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: expect.stringContaining('There is no model "nothing"') });
  });
});

describe("Mistral's API", () => {
  it('tells errors as OpenAI does', async () => {
    const response = await post('/v1/fim/completions', { model: 'nothing', prompt: 'a', suffix: 'b' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { code: 'server.unknown-model', type: expect.any(String) },
    });
  });
});
