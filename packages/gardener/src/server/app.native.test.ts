import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { appendEvent, createRun } from '../garden/runs/runs.js';
import { findModel } from '../models/store/find-model.js';
import { makeScorecard } from '../training/evaluation/scorecard.js';
import type { SideScores } from '../training/evaluation/side-scores.js';
import { makeTestApp, type TestApp } from './app.fixture.js';
import { DEFAULT_LIMITS } from './guard/limits.js';
import { routesDocument } from './routes-document.js';

let shop: TestApp;
beforeAll(async () => {
  shop = await makeTestApp();
});
afterAll(() => shop.remove());

/** The error of an answer; every one has a sentence and a remedy, and nothing else. */
async function errorOf(response: Response): Promise<{ status: number; code: string }> {
  const { error, ...rest } = (await response.json()) as { error: Record<string, unknown> };
  expect(rest).toEqual({});
  expect(error).toMatchObject({ message: expect.stringMatching(/\S/), remedy: expect.stringMatching(/\S/) });
  expect(Object.keys(error).every((key) => ['code', 'message', 'remedy', 'details'].includes(key))).toBe(
    true,
  );
  return { status: response.status, code: String(error.code) };
}

describe('what a project answers', () => {
  it('shows it by id and by name, with what it is about in one word', async () => {
    const byName = await (await shop.ask('/api/projects/shop')).json();
    expect(byName).toMatchObject({
      project: { name: 'shop' },
      glance: 'base-only',
      index: { chunks: expect.any(Number) },
    });
    expect(await (await shop.ask(`/api/projects/${shop.project.id}`)).json()).toEqual(byName);
    expect(await (await shop.ask('/api/projects')).json()).toEqual({ projects: [byName], damaged: [] });
  });

  it('lists files by outcome and by part of their path', async () => {
    const all = (await (await shop.ask('/api/projects/shop/files')).json()) as {
      total: number;
      files: object[];
    };
    expect(all.files).toContainEqual({
      path: 'slug.ts',
      outcome: 'indexed',
      reason: null,
      chunks: expect.any(Number),
      bytes: 162,
    });
    const one = await (await shop.ask('/api/projects/shop/files?query=SLUG&limit=1')).json();
    expect(one).toMatchObject({ total: 1, files: [{ path: 'slug.ts' }] });
    expect(await (await shop.ask('/api/projects/shop/files?outcome=failed')).json()).toEqual({
      total: 0,
      files: [],
    });
  });

  it('shows lines of an indexed file with its secrets masked, and says where secrets stand and not what they are', async () => {
    const source = (await (await shop.ask('/api/projects/shop/source?path=settings.ts')).json()) as {
      text: string;
    };
    expect(source).toMatchObject({ language: 'typescript', from: 1, to: 2, totalLines: 2, masked: 1 });
    expect(source.text).toContain("region = 'eu'");
    expect(source.text).not.toContain('QWERTY');
    const lines = await (await shop.ask('/api/projects/shop/source?path=slug.ts&from=5&to=6')).json();
    expect(lines).toMatchObject({ from: 5, to: 6, text: expect.stringMatching(/^export function trim/) });
    const secrets = await (await shop.ask('/api/projects/shop/secrets')).text();
    expect(JSON.parse(secrets)).toMatchObject({ files: [{ path: 'settings.ts', places: [{ line: 2 }] }] });
    expect(secrets).not.toContain('QWERTY');
  });

  it('draws the map', async () => {
    const { text } = (await (await shop.ask('/api/projects/shop/map')).json()) as { text: string };
    expect(text).toContain('slug.ts');
    expect(text).toMatch(/\d {2}export function slugify/);
  });

  it('tells the events of a run from where the last answer ended', async () => {
    const { id } = await createRun(shop.garden.paths, shop.project.id, 'train', { budgetMs: 60_000 });
    const directory = shop.garden.paths.run(shop.project.id, id);
    const events = `/api/projects/shop/runs/${id}/events`;
    const first = (await (await shop.ask(events)).json()) as { events: { type: string }[]; next: number };
    expect(first.events.map(({ type }) => type)).toEqual(['run-queue']);
    await appendEvent(directory, { type: 'log', message: 'hello' });
    const second = (await (await shop.ask(`${events}?from=${first.next}`)).json()) as typeof first;
    expect(second.events).toMatchObject([{ type: 'log', message: 'hello' }]);
    await appendEvent(directory, {
      type: 'run-fail',
      error: { code: 'train.diverged', message: 'm', remedy: 'r' },
    });
    expect(await (await shop.ask('/api/projects/shop/runs')).json()).toMatchObject({
      runs: [{ id, kind: 'train', status: 'failed', error: { code: 'train.diverged' }, budgetMs: 60_000 }],
    });
    expect(await (await shop.ask('/api/projects/shop')).json()).toMatchObject({ glance: 'error' });
    const control = await shop.ask(`/api/projects/shop/runs/${id}/pause`, { method: 'POST' });
    expect(await errorOf(control)).toEqual({ status: 409, code: 'training.no-run' });
  });

  it('tells what an evaluation gave; a scorecard that it cannot read is null', async () => {
    const { id } = await createRun(shop.garden.paths, shop.project.id, 'train', {});
    const directory = shop.garden.paths.run(shop.project.id, id);
    const side = (nll: number): SideScores => ({
      files: [
        {
          ...{ path: 'a.py', examples: 1, nll, tokens: 100, bytes: 300 },
          ...{ matchedLines: 1, lines: 2, matchedGaps: 1, gaps: 2 },
        },
      ],
      ...{
        generalLoss: null,
        stopped: null,
        parity: null,
        editSimilarity: null,
        gapSimilarity: null,
        memorised: null,
        strings: null,
        uses: null,
      },
      durationMs: { scoring: 1, serving: 1 },
    });
    const scorecard = makeScorecard({ base: side(150), adapter: side(130) }, null, {
      ...{ margin: 0.01, adapterVersion: 1, seed: 1, dataHash: 'a'.repeat(64) },
    });
    await appendEvent(directory, { type: 'evaluation-end', scorecard });
    await appendEvent(directory, { type: 'evaluation-end', scorecard: { ...scorecard, schemaVersion: 99 } });
    const { events } = (await (await shop.ask(`/api/projects/shop/runs/${id}/events`)).json()) as {
      events: { scorecard: unknown }[];
    };
    expect(events.slice(1).map((event) => event.scorecard)).toEqual([
      JSON.parse(JSON.stringify(scorecard)),
      null,
    ]);
    await appendEvent(directory, { type: 'run-cancel' });
  });

  it('begins a conversation, and forgets it', async () => {
    const begun = await shop.ask('/api/projects/shop/conversations', { method: 'POST' });
    expect(begun.status).toBe(201);
    const { id } = (await begun.json()) as { id: string };
    const path = `/api/projects/shop/conversations/${id}`;
    expect(await (await shop.ask(path)).json()).toEqual({ id, title: '', exchanges: [] });
    expect((await shop.ask(path, { method: 'DELETE' })).status).toBe(204);
    expect(await errorOf(await shop.ask(path))).toEqual({ status: 404, code: 'chat.unknown-conversation' });
  });
});

describe('settings', () => {
  it('changes one, says where it comes from, and takes it back', async () => {
    const put = (body: object) => shop.ask('/api/settings', { method: 'PUT', body });
    const rank = async (response: Response) =>
      ((await response.json()) as { settings: { key: string }[] }).settings.find(({ key }) => key === 'rank');
    expect(await rank(await put({ rank: 8 }))).toMatchObject({
      value: 8,
      default: 16,
      source: 'file',
      type: 'number',
      min: 1,
      max: 256,
    });
    expect(shop.garden.settings.rank).toBe(8);
    expect(await rank(await put({ rank: null }))).toMatchObject({ value: 16, source: 'default' });
    expect(await errorOf(await put({ rank: 'many' }))).toEqual({ status: 400, code: 'garden.bad-setting' });
    expect(await errorOf(await put({ rank: 8, nonsense: 1 }))).toEqual({
      status: 400,
      code: 'garden.bad-setting',
    });
    expect(shop.garden.settings.rank).toBe(16);
  });

  it('never tells a secret', async () => {
    const put = (body: object) => shop.ask('/api/settings', { method: 'PUT', body });
    const text = await (await put({ embeddingApiKey: 'open sesame' })).text();
    expect(text).not.toContain('sesame');
    expect(text).toContain('"value":"set"');
    await put({ embeddingApiKey: 'set' });
    expect(shop.garden.settings.embeddingApiKey).toBe('open sesame');
    await put({ embeddingApiKey: null });
  });
});

describe('models', () => {
  it('refuses to delete one that a project needs, and names it, unless it is forced', async () => {
    const { paths } = shop.garden;
    const id = 'smollm2-135m-instruct';
    const [file] = findModel(id).files;
    const folder = paths.baseModel(id);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, file.name), '');
    // Of its size, and nothing in it.
    await truncate(join(folder, file.name), file.bytes ?? 0);
    const { bytes, sha256, name } = file;
    const manifest = { schemaVersion: 1, id, kind: 'base', source: '', licence: null, fetchedAt: '' };
    await writeFile(
      join(folder, 'manifest.json'),
      JSON.stringify({ ...manifest, files: [{ name, bytes, sha256 }] }),
    );
    const { models } = (await (await shop.ask('/api/models')).json()) as { models: { id: string }[] };
    expect(models).toContainEqual(expect.objectContaining({ id, state: 'ready', removable: true }));
    const refused = await shop.ask(`/api/models/${id}`, { method: 'DELETE' });
    expect(await refused.clone().text()).toContain(`shop uses ${id}: it answers and searches with it.`);
    expect(await errorOf(refused)).toEqual({ status: 409, code: 'models.in-use' });
    expect((await shop.ask(`/api/models/${id}?force=true`, { method: 'DELETE' })).status).toBe(204);
    const gone = await shop.ask(`/api/models/${id}`, { method: 'DELETE' });
    expect(await errorOf(gone)).toEqual({ status: 404, code: 'models.not-on-disk' });
  });
});

describe('bad input', () => {
  it.each([
    ['malformed JSON', '/api/projects', 'POST', '{"path":', 400, 'server.bad-request'],
    ['JSON of another form', '/api/projects', 'POST', '{"path":7}', 400, 'server.bad-request'],
    ['a misspelt field', '/api/projects', 'POST', '{"path":"/tmp","budget":4}', 400, 'server.bad-request'],
    ['no JSON at all', '/api/projects/shop/search', 'POST', '[]', 400, 'server.bad-request'],
  ])('%s', async (_name, path, method, body, status, code) => {
    const response = await shop.app.request(`http://127.0.0.1:4747${path}`, {
      ...{ method, body },
      headers: {
        host: '127.0.0.1:4747',
        'content-type': 'application/json',
        'content-length': String(body.length),
      },
    });
    expect(await errorOf(response)).toEqual({ status, code });
  });

  it.each([
    ['a base that nobody knows, for a training', 'POST', '/api/projects/shop/runs', { kind: 'train' }],
    ['a base that nobody knows, for a project', 'POST', '/api/projects', { path: '/tmp' }],
    ['a base that nobody knows, in the settings', 'PUT', '/api/settings', {}],
  ])('%s', async (_name, method, path, body) => {
    const known = shop.garden.settings.baseModel;
    const answer = await shop.ask(path, { method, body: { ...body, baseModel: 'gpt-4' } });
    expect(await answer.clone().text()).toContain('There is no model called \\"gpt-4\\".');
    expect(await errorOf(answer)).toEqual({ status: 404, code: 'models.unknown-model' });
    const search = await shop.ask(path, { method, body: { ...body, baseModel: 'all-minilm-l6-v2' } });
    expect(await errorOf(search)).toEqual({ status: 422, code: 'models.not-a-base' });
    expect(shop.garden.settings.baseModel).toBe(known);
  });

  it('an embedding model that is none, in the settings', async () => {
    const put = (body: object) => shop.ask('/api/settings', { method: 'PUT', body });
    const base = await put({ embeddingModel: 'smollm2-135m-instruct' });
    expect(await errorOf(base)).toEqual({ status: 422, code: 'models.not-an-embedding' });
    // On a server it may have any name.
    expect((await put({ embeddingProvider: 'ollama', embeddingModel: 'any' })).status).toBe(200);
    await put({ embeddingProvider: null, embeddingModel: null });
  });

  it.each([1.6, -0.1, '1'])('an adapter strength of %j', async (strength) => {
    const asked = { method: 'POST', body: { prefix: 'a', strength } };
    const refused = { status: 400, code: 'server.bad-request' };
    expect(await errorOf(await shop.ask('/api/projects/shop/complete', asked))).toEqual(refused);
    const messages = [{ role: 'user', content: 'a' }];
    const chat = { method: 'POST', body: { model: 'shop', messages, gardener: { strength } } };
    expect((await shop.ask('/v1/chat/completions', chat)).status).toBe(400);
  });

  it.each([
    ['an unknown project', '/api/projects/nothing', 'GET', 404, 'garden.unknown-project'],
    ['a codebase by its path', '/api/projects/%2Ftmp', 'GET', 404, 'garden.unknown-project'],
    ['the wrong method', '/api/projects/shop', 'PATCH', 405, 'server.method-not-allowed'],
    ['no such path', '/api/nothing', 'GET', 404, 'server.not-found'],
    ['an unknown run', '/api/projects/shop/runs/nothing', 'GET', 404, 'server.unknown-run'],
    ['a number that is none', '/api/projects/shop/files?limit=many', 'GET', 400, 'server.bad-request'],
    ['an unknown model', '/api/models/nothing/pull', 'POST', 404, 'models.unknown-model'],
    ['a file as model', '/api/models/%2Fetc%2Fpasswd', 'DELETE', 404, 'models.unknown-model'],
    ['a broken escape', '/api/projects/%E0%A4%A/files', 'GET', 404, 'garden.unknown-project'],
  ])('%s', async (_name, path, method, status, code) => {
    expect(await errorOf(await shop.ask(path, { method }))).toEqual({ status, code });
  });

  it.each([
    '/api/projects/..%2F..%2Fdata',
    '/api/projects/%2e%2e%2f%2e%2e',
    '/api/projects/shop/runs/..%2F..%2Findex',
    '/api/projects/shop/runs/%2e%2e/events',
    '/api/projects/shop/conversations/..%2Fproject',
    '/api/projects/shop/source?path=..%2Foutside.ts',
    '/api/projects/shop/source?path=%2Fetc%2Fpasswd',
    '/api/projects/shop/source?path=slug.ts%00',
    '/api/folders?path=..%2F..',
    '/assets/..%2F..%2Fpackage.json',
    '/assets/%2e%2e%2findex.html',
  ])('leaves no folder by a path: %s', async (path) => {
    const response = await shop.ask(path);
    expect([400, 403, 404]).toContain(response.status);
    await errorOf(response);
  });

  it('says what is wrong in the form that was meant, where there are several', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,' } };
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, image] }];
    const response = await shop.ask('/v1/chat/completions', {
      method: 'POST',
      body: { model: 'shop', messages },
    });
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringMatching(/^The body .*content\.1\.type: only text can be read\./) },
    });
  });

  it('leaves no folder through any parameter of any path', async () => {
    const routes = Object.entries(routesDocument().paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => ({ path, method: method.toUpperCase() })),
    );
    const hostile = routes.flatMap(({ path, method }) =>
      [...path.matchAll(/\{(\w+)\}/g)].map(([parameter, name]) => {
        const others = path.replace(parameter, '..%2F..%2F..%2Foutside.ts').replace('{project}', 'shop');
        return { method, name, path: others.replaceAll(/\{\w+\}/g, 'x') };
      }),
    );
    expect(hostile.length).toBeGreaterThan(25);
    for (const { method, path } of hostile) {
      const response = await shop.ask(path, { method, ...(method === 'GET' ? {} : { body: {} }) });
      expect(response.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
      expect(response.status, `${method} ${path}`).toBeLessThan(500);
      if (!path.startsWith('/v1/')) await errorOf(response);
    }
    expect((await shop.garden.registry.list()).map(({ name }) => name)).toEqual(['shop']);
  });

  it('refuses a larger body than it takes', async () => {
    const response = await shop.ask('/api/projects/shop/search', {
      method: 'POST',
      body: { query: 'x'.repeat(2 ** 20) },
    });
    expect(await errorOf(response)).toEqual({ status: 413, code: 'server.body-too-large' });
  });

  it('refuses one request more than it takes at once, and says when to come again', async () => {
    const small = await makeTestApp({ limits: { ...DEFAULT_LIMITS, requests: 0 } });
    const response = await small.ask('/health');
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await errorOf(response)).toEqual({ status: 429, code: 'server.too-many-requests' });
    await small.remove();
  });

  it('shows no folder that is none, and never a file', async () => {
    const code = encodeURIComponent(shop.code);
    expect(await (await shop.ask(`/api/folders?path=${code}`)).json()).toMatchObject({ folders: [] });
    const file = await shop.ask(`/api/folders?path=${code}%2Fslug.ts`);
    expect(await errorOf(file)).toEqual({ status: 403, code: 'server.folder-unreadable' });
  });

  it('goes on when the folder of a project is deleted while serving', async () => {
    const other = await makeTestApp();
    await rm(other.code, { recursive: true });
    expect(await (await other.ask('/api/projects/shop')).json()).toMatchObject({
      project: { isAway: true },
      index: { changedSince: null },
    });
    expect(await errorOf(await other.ask('/api/projects/shop/source?path=slug.ts'))).toMatchObject({
      status: 404,
    });
    const refresh = await other.ask('/api/projects/shop/refresh', { method: 'POST', body: { train: false } });
    expect(await errorOf(refresh)).toMatchObject({
      status: 422,
      code: expect.stringMatching(/^(training|codebase|models)\./),
    });
    expect((await other.ask('/health')).status).toBe(200);
    await other.remove();
  });

  it('keeps the order of runs when the clock is set back', async () => {
    const other = await makeTestApp();
    const { paths } = other.garden;
    const before = await createRun(paths, other.project.id, 'index');
    await appendEvent(paths.run(other.project.id, before.id), { type: 'run-cancel' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 24 * 3_600_000 });
    try {
      const after = await createRun(paths, other.project.id, 'index');
      const { runs } = (await (await other.ask('/api/projects/shop/runs')).json()) as {
        runs: { id: string }[];
      };
      expect(runs.map(({ id }) => id)).toEqual([after.id, before.id]);
      expect(await (await other.ask('/api/projects/shop')).json()).toMatchObject({
        run: { id: after.id },
        glance: 'queued',
      });
    } finally {
      vi.useRealTimers();
      await other.remove();
    }
  });

  it('answers 503 while it shuts down', async () => {
    const other = await makeTestApp();
    other.stop();
    expect(await errorOf(await other.ask('/health'))).toEqual({ status: 503, code: 'server.stopping' });
    await other.remove();
  });
});
