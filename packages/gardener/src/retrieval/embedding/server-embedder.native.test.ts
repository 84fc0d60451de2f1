import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { ProjectIndex } from '../index/project-index.js';
import { makeFile } from '../store/chunks.fixture.js';
import type { Embedder } from './embedder.js';
import {
  type RecordedEmbeddingServer,
  recordedVector,
  startRecordedOllama,
  startRecordedOpenAi,
} from './embedding-server.fixture.js';
import { type ServerEmbedderOptions, startServerEmbedder } from './server-embedder.js';

const cosine = (a: Float32Array, b: ArrayLike<number>) => {
  const norm = Math.hypot(...Array.from(b));
  return a.reduce((sum, value, i) => sum + (value * b[i]!) / norm, 0);
};
const code = (value: string) => expect.objectContaining({ code: value });
const PATIENCE = { retries: 2, firstWaitMs: 1, failuresToOpen: 2, openMs: 60_000 };

describe.each(['ollama', 'openai'] as const)('%s', (protocol) => {
  let server: RecordedEmbeddingServer;
  beforeEach(async () => {
    server = await (protocol === 'ollama' ? startRecordedOllama() : startRecordedOpenAi());
  });
  afterEach(() => server.close());
  const start = (options: Partial<ServerEmbedderOptions> = {}): Promise<Embedder> =>
    startServerEmbedder({
      protocol,
      model: 'nomic-embed-text',
      url: server.url,
      prefixes: { query: 'Q: ', document: 'D: ' },
      patience: PATIENCE,
      ...options,
    });

  it('probes the dimension and gives unit vectors in the order of the texts, with their prefixes', async () => {
    const embedder = await start();
    expect(embedder.dimension).toBe(16);
    const texts = Array.from({ length: 70 }, (_, i) => 'word '.repeat((i * 37) % 70) + i);
    const vectors = await embedder.embed(texts);
    for (const [i, vector] of vectors.entries()) {
      expect(cosine(vector, vector)).toBeCloseTo(1, 5);
      expect(cosine(vector, recordedVector(`D: ${texts[i]}`))).toBeCloseTo(1, 5);
    }
    expect(cosine(await embedder.embedQuery('where'), recordedVector('Q: where'))).toBeCloseTo(1, 5);
    const sizes = server.requests.map(({ body }) => (body.input as string[]).length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32);
    // Batches hold texts of much the same length.
    const lengths = server.requests
      .slice(1, 4)
      .map(({ body }) => (body.input as string[]).map((text) => text.length));
    expect(Math.max(...lengths[0]!)).toBeLessThanOrEqual(Math.min(...lengths[1]!));
  });

  it('sends an empty text as a space, and the key when there is one', async () => {
    const embedder = await start({ apiKey: 'secret', prefixes: { query: '', document: '' } });
    await embedder.embed(['']);
    expect(server.requests.at(-1)).toMatchObject({ body: { input: [' '] }, authorization: 'Bearer secret' });
  });

  it('adds the prefixes that the model is known to want', async () => {
    const embedder = await startServerEmbedder({
      protocol,
      model: 'nomic-embed-text',
      url: server.url,
      patience: PATIENCE,
    });
    await embedder.embed(['text']);
    await embedder.embedQuery('text');
    const inputs = server.requests.slice(-2).map(({ body }) => body.input);
    expect(inputs).toEqual([['search_document: text'], ['search_query: text']]);
  });

  it('has another id for other prefixes', async () => {
    const [one, two] = [await start(), await start({ prefixes: { query: '', document: '' } })];
    expect(one.id).not.toBe(two.id);
    expect((await start()).id).toBe(one.id);
  });

  it.each(['unavailable', 'hang-up'] as const)('asks again after %s', async (behaviour) => {
    const embedder = await start();
    server.behave(behaviour, behaviour, 'answer');
    expect(await embedder.embed(['text'])).toHaveLength(1);
  });

  it('stops asking after repeated failures, for a while', async () => {
    const embedder = await start();
    server.behave('unavailable');
    for (let i = 0; i < PATIENCE.failuresToOpen; i++)
      await expect(embedder.embed(['text'])).rejects.toThrow(code('retrieval.embedding-server-down'));
    const asked = server.requests.length;
    expect(asked).toBe(1 + PATIENCE.failuresToOpen * (PATIENCE.retries + 1));
    server.behave('answer');
    await expect(embedder.embedQuery('text')).rejects.toThrow(code('retrieval.embedding-server-down'));
    expect(server.requests).toHaveLength(asked);
  });

  it('lets a request through again when the circuit has been open long enough', async () => {
    const embedder = await start({ patience: { ...PATIENCE, openMs: 0 } });
    server.behave('unavailable');
    for (let i = 0; i < PATIENCE.failuresToOpen; i++) await embedder.embed(['text']).catch(() => undefined);
    server.behave('answer');
    expect(await embedder.embed(['text'])).toHaveLength(1);
  });

  it.each([
    ['no-json', 'retrieval.embedding-server-answer'],
    ['too-few', 'retrieval.embedding-server-answer'],
    ['other-dimension', 'retrieval.embedding-server-answer'],
    ['zeros', 'retrieval.embedding-server-answer'],
    ['unauthorized', 'retrieval.embedding-server-refused'],
    ['redirect', 'retrieval.embedding-server-down'],
  ] as const)('%s is an error and no vector', async (behaviour, expected) => {
    const embedder = await start();
    server.behave(behaviour);
    await expect(embedder.embed(['text'])).rejects.toThrow(code(expected));
  });

  it('stops waiting when aborted', async () => {
    const embedder = await start({ patience: { ...PATIENCE, firstWaitMs: 60_000 } });
    server.behave('unavailable');
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(embedder.embed(['text'], abort.signal)).rejects.toThrow('enough');
  });

  it('a server that goes away in the middle of an update leaves an index that says so', async () => {
    const root = await mkdtemp(join(tmpdir(), 'server-embedder-'));
    const paths = new GardenPaths(root);
    await mkdir(paths.project('p'), { recursive: true });
    const index = new ProjectIndex(paths, 'p');
    const embedder = await start();
    async function* files() {
      for (let i = 0; i < 600; i++) {
        if (i === 400) server.behave('hang-up');
        yield makeFile(`src/f${i}.ts`, [{ symbol: `function${i}`, text: `value of number${i}` }]);
      }
    }
    await expect(index.update(files(), embedder, { root })).rejects.toThrow(
      code('retrieval.embedding-server-down'),
    );
    expect(await index.manifest()).toMatchObject({ complete: false });
    expect(await index.health()).toMatchObject({ state: 'building' });
    index.close();
    await rm(root, { recursive: true, force: true });
  });
});

describe('a server that is not there', () => {
  it.each(['ollama', 'openai'] as const)(
    '%s: says where it was looked for and what to do',
    async (protocol) => {
      const gone = await startRecordedOllama();
      await gone.close();
      const options = { protocol, model: 'm', url: gone.url, patience: PATIENCE };
      await expect(startServerEmbedder(options)).rejects.toMatchObject({
        code: 'retrieval.embedding-server-down',
        message: expect.stringContaining(gone.url),
        retryable: true,
      });
    },
  );

  it.each(['', 'localhost:1234', 'file:///etc/passwd', 'http://user:word@host/', 'http://'])(
    'refuses the address %j',
    async (url) => {
      const options = { protocol: 'openai' as const, model: 'm', url, patience: PATIENCE };
      await expect(startServerEmbedder(options)).rejects.toThrow(code('retrieval.bad-embedding-url'));
    },
  );
});

describe('models of Ollama', () => {
  it('names the command that fetches a missing one', async () => {
    const server = await startRecordedOllama();
    const options = { protocol: 'ollama' as const, model: 'absent', url: server.url, patience: PATIENCE };
    await expect(startServerEmbedder(options)).rejects.toMatchObject({
      code: 'retrieval.embedding-model-missing',
      remedy: expect.stringContaining('ollama pull absent'),
    });
    await server.close();
  });

  it('has another id when the model was pulled anew', async () => {
    const ids: string[] = [];
    for (const digest of ['sha256:aaaaaaaaaaaa', 'bbbbbbbbbbbb']) {
      const server = await startRecordedOllama(digest);
      const options = {
        protocol: 'ollama' as const,
        model: 'nomic-embed-text',
        url: server.url,
        patience: PATIENCE,
      };
      ids.push((await startServerEmbedder(options)).id);
      await server.close();
    }
    expect(ids[0]).not.toBe(ids[1]);
  });
});
