import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openSafetensors } from '../../weights/safetensors/safetensors-reader.js';
import { loadSentenceEncoder, type SentenceEncoder } from './bert.js';
import { bertConfigFromJson } from './bert-config.js';

const golden = fileURLToPath(new URL('../../../fixtures/golden/minilm/', import.meta.url));
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('all-MiniLM-L6-v2', () => {
  let encoder: SentenceEncoder;
  beforeAll(async () => {
    encoder = await loadSentenceEncoder(inject('embeddingModelDirectory'), {
      threads: 1,
      precision: 'float32',
    });
  });
  afterAll(() => encoder[Symbol.asyncDispose]());

  it('gives the vectors of PyTorch on the 50 golden sentences, all in one call', async () => {
    const { sentences } = JSON.parse(await readFile(join(golden, 'sentences.json'), 'utf8')) as {
      sentences: { text: string }[];
    };
    await using file = await openSafetensors(join(golden, 'golden.safetensors'));
    const expected = await file.readFloat32('embeddings');
    const vectors = await encoder.encode(sentences.map(({ text }) => text));
    expect(vectors).toHaveLength(50);
    expect(encoder.dimension).toBe(384);
    for (const [i, vector] of vectors.entries()) {
      const reference = expected.subarray(i * 384, (i + 1) * 384);
      // Stronger than the cosine of 0.9999 that is asked for: every number agrees.
      const worst = vector.reduce((most, value, at) => Math.max(most, Math.abs(value - reference[at]!)), 0);
      expect(worst, sentences[i]!.text).toBeLessThan(1e-5);
      expect(dot(vector, reference)).toBeGreaterThan(0.99999);
    }
  });

  it('in 8-bit integers gives nearly the same vectors, whatever they are computed with', async () => {
    const whole = await loadSentenceEncoder(inject('embeddingModelDirectory'), { threads: 1 });
    const { sentences } = JSON.parse(await readFile(join(golden, 'sentences.json'), 'utf8')) as {
      sentences: { text: string }[];
    };
    const texts = sentences.map(({ text }) => text);
    const exact = await encoder.encode(texts);
    const together = await whole.encode(texts);
    const cosines = together.map((vector, i) => dot(vector, exact[i]!));
    expect(Math.min(...cosines)).toBeGreaterThan(0.97);
    const [alone] = await whole.encode([texts[3]!]);
    expect(dot(alone!, together[3]!)).toBeGreaterThan(0.99999);
    await whole[Symbol.asyncDispose]();
  });

  it('reports how far it is, and stops where the caller throws', async () => {
    const texts = Array.from({ length: 300 }, (_, i) => `sentence number ${i} about gardens`);
    const done: number[] = [];
    await encoder.encode(texts, (count) => done.push(count));
    expect(done.at(-1)).toBe(300);
    expect(done.length).toBeGreaterThan(1);
    const stop = () => {
      throw new Error('enough');
    };
    await expect(encoder.encode(texts, stop)).rejects.toThrow('enough');
  });

  it('gives every text of a long list the vector it has alone, whatever it is padded to', async () => {
    const words = Array.from({ length: 300 }, (_, i) => `w${i % 10}`);
    const texts = Array.from({ length: 130 }, (_, i) => words.slice(0, 1 + (i % 65) * 2).join(' '));
    const vectors = await encoder.encode(texts);
    for (const vector of vectors) expect(dot(vector, vector)).toBeCloseTo(1, 4);
    for (const at of [20, 40, 64]) {
      const [alone] = await encoder.encode([texts[at]!]);
      expect(dot(alone!, vectors[at]!)).toBeGreaterThan(0.9999);
    }
  });

  it('gives nothing for nothing, and a unit vector for an empty text', async () => {
    expect(await encoder.encode([])).toEqual([]);
    const [vector] = await encoder.encode(['']);
    expect(dot(vector!, vector!)).toBeCloseTo(1, 5);
  });
});

describe('bad input', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bert-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const config = async () =>
    JSON.parse(await readFile(join(inject('embeddingModelDirectory'), 'config.json'), 'utf8')) as object;

  it.each([
    [{ model_type: 'roberta' }, 'model_type'],
    [{ hidden_act: 'gelu_new' }, 'activation'],
    [{ position_embedding_type: 'relative_key' }, 'position'],
    [{ hidden_size: 1e12 }, 'hidden_size'],
    [{ num_hidden_layers: -1 }, 'num_hidden_layers'],
    [{ num_attention_heads: 7 }, 'heads'],
    [{ layer_norm_eps: 'small' }, 'layer_norm_eps'],
  ])('refuses a config.json with %j, naming what is wrong', async (values, named) => {
    const json = { ...(await config()), ...values };
    expect(() => bertConfigFromJson(json)).toThrow(
      expect.objectContaining({
        code: 'transformer.unsupported-architecture',
        message: expect.stringContaining(named),
      }),
    );
  });

  it.each([null, 3, [], 'bert'])('refuses %j as a config.json', (json) => {
    expect(() => bertConfigFromJson(json)).toThrow(expect.objectContaining({ code: expect.any(String) }));
  });

  it('lists weights that are missing or do not fit', async () => {
    const directory = inject('embeddingModelDirectory');
    const source = join(directory, 'model.safetensors');
    const values = { ...(await config()), intermediate_size: 768, num_hidden_layers: 7 };
    await writeFile(join(folder, 'config.json'), JSON.stringify(values));
    await writeFile(join(folder, 'tokenizer.json'), await readFile(join(directory, 'tokenizer.json')));
    await writeFile(join(folder, 'model.safetensors'), await readFile(source));
    await expect(loadSentenceEncoder(folder)).rejects.toMatchObject({
      code: 'transformer.missing-weights',
      details: {
        problems: expect.arrayContaining([
          'encoder.layer.0.intermediate.dense.weight should be [768,384], is [1536,384]',
          expect.stringContaining('encoder.layer.6.'),
        ]),
      },
    });
  });

  it('says which file is missing', async () => {
    await expect(loadSentenceEncoder(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'transformer.missing-file',
      message: expect.stringContaining('config.json'),
    });
  });
});
