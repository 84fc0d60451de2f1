import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Embedder } from './embedder.js';
import { startEncoder } from './encoder.js';

let embedder: Embedder;
let folder: string;
const model = () => ({
  id: 'all-minilm-l6-v2',
  format: 'bert' as const,
  directory: inject('embeddingModelDirectory'),
});
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

beforeAll(async () => {
  embedder = await startEncoder(model(), { threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'encoder-'));
});
afterAll(async () => {
  await embedder.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Ids of this process's embedding processes, oldest first, as the system sees them. */
const embeddingProcesses = () =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('encoder-child'))
    .map((line) => Number.parseInt(line, 10));

describe('embed', () => {
  it('gives unit vectors in the order of the texts, whatever they are embedded with', async () => {
    const texts = [
      'parse a configuration file',
      '',
      'x'.repeat(5_000),
      'open a socket',
      '日本語 🌱',
      'read settings from disk',
    ];
    const together = await embedder.embed(texts);
    expect(together).toHaveLength(texts.length);
    for (const [i, vector] of together.entries()) {
      expect(vector).toHaveLength(embedder.dimension);
      expect(cosine(vector, vector)).toBeCloseTo(1, 5);
      const [alone] = await embedder.embed([texts[i]!]);
      expect(cosine(vector, alone!)).toBeGreaterThan(0.99999);
    }
    expect(cosine(together[0]!, together[5]!)).toBeGreaterThan(cosine(together[0]!, together[3]!));
  });

  it('answers several callers at once', async () => {
    const [one, many] = await Promise.all([
      embedder.embed(['one']),
      embedder.embed(Array.from({ length: 150 }, (_, i) => `text ${i}`)),
    ]);
    expect(many).toHaveLength(150);
    expect(cosine(one[0]!, (await embedder.embed(['one']))[0]!)).toBeGreaterThan(0.99999);
  });

  it('stops waiting when aborted', async () => {
    const abort = new AbortController();
    const promise = embedder.embed(
      Array.from({ length: 200 }, (_, i) => `text ${i} `.repeat(50)),
      abort.signal,
    );
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(promise).rejects.toThrow('enough');
    expect(await embedder.embed(['still there'])).toHaveLength(1);
  });
});

describe('a process that dies', () => {
  it('is started again once; a second death is an error that may be tried again', async () => {
    const mortal = await startEncoder(model(), { threads: 1 });
    process.kill(embeddingProcesses().at(-1)!, 'SIGKILL');
    expect(await mortal.embed(['after the first death'])).toHaveLength(1);
    await mortal.dispose();
    await expect(mortal.embed(['after the end'])).rejects.toMatchObject({
      code: 'retrieval.embedder-died',
      retryable: true,
    });
  });
});

describe('a model that cannot be used', () => {
  it.each([
    ['no file at all', async () => {}],
    ['a cut weights file', async (to: string) => truncate(join(to, 'model.safetensors'), 50_000_000)],
    ['another architecture', async (to: string) => writeFile(join(to, 'config.json'), '{"model_type":"t5"}')],
  ])('%s: one sentence and a remedy', async (name, spoil) => {
    const to = await mkdtemp(join(folder, 'model-'));
    if (name !== 'no file at all') {
      for (const file of await readdir(model().directory, { withFileTypes: true })) {
        if (file.isFile()) await copyFile(join(model().directory, file.name), join(to, file.name));
      }
    }
    await spoil(to);
    await expect(startEncoder({ id: 'spoilt', format: 'bert', directory: to })).rejects.toMatchObject({
      code: 'retrieval.embedding-model-unusable',
      remedy: expect.stringMatching(/\.$/),
    });
  });
});
