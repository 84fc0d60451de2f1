import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelJson } from './model-json.js';
import { loadOnnxSentenceEncoder } from './onnx-encoder.js';
import { sentenceTokenizer } from './sentence-tokenizer.js';

// Made, with sentence-transformers' own vectors, by fixtures/golden/make_sentence_encoders.py.
const golden = fileURLToPath(new URL('../../../fixtures/golden/sentence-encoders/', import.meta.url));
const modelOf = (name: string) => join(golden, name);

interface Expected {
  texts: string[];
  ids: number[][];
  plain: number[][];
  query: number[][];
  document: number[][];
}
const expectedOf = async (name: string) =>
  JSON.parse(await readFile(join(modelOf(name), 'expected.json'), 'utf8')) as Expected;
const worst = (a: Float32Array, b: number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each(['bert-cls', 'bert-mean-prompts', 'roberta-last-token', 'unigram-max'])('%s', (name) => {
  it('cuts and tokenizes as Python does', async () => {
    const { texts, ids } = await expectedOf(name);
    const json = await readModelJson(join(modelOf(name), 'tokenizer.json'));
    const config = await readModelJson(join(modelOf(name), 'tokenizer_config.json'));
    const tokenizer = sentenceTokenizer(json, config as Record<string, unknown>);
    for (const [i, text] of texts.entries()) expect(tokenizer.encode(text, 64), text).toEqual(ids[i]);
  });

  it('gives the vectors of sentence-transformers, in the order of the texts', async () => {
    const { texts, plain, query, document } = await expectedOf(name);
    await using encoder = await loadOnnxSentenceEncoder(modelOf(name), { threads: 1 });
    expect(encoder.dimension).toBe(32);
    const vectors = await encoder.encode(texts);
    for (const [i, vector] of vectors.entries())
      expect(worst(vector, plain[i]!), texts[i]).toBeLessThan(1e-4);
    const prefixes = encoder.prefixes ?? { query: '', document: '' };
    const asked = await encoder.encode(texts.slice(0, 4).map((text) => prefixes.query + text));
    const told = await encoder.encode(texts.slice(0, 4).map((text) => prefixes.document + text));
    for (const [i, vector] of asked.entries()) expect(worst(vector, query[i]!)).toBeLessThan(1e-4);
    for (const [i, vector] of told.entries()) {
      // sentence-transformers falls back to no prompt for a name it does not know; `passage` is ours to understand.
      if (name !== 'unigram-max') expect(worst(vector, document[i]!)).toBeLessThan(1e-4);
    }
  });
});

it('reads task prefixes under any of their names', async () => {
  await using nomic = await loadOnnxSentenceEncoder(modelOf('bert-mean-prompts'), { threads: 1 });
  expect(nomic.prefixes).toEqual({ query: 'search_query: ', document: 'search_document: ' });
  await using e5 = await loadOnnxSentenceEncoder(modelOf('unigram-max'), { threads: 1 });
  expect(e5.prefixes).toEqual({ query: 'query: ', document: 'passage: ' });
  await using bge = await loadOnnxSentenceEncoder(modelOf('bert-cls'), { threads: 1 });
  expect(bge.prefixes).toBeNull();
});

describe('a directory that cannot be used', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-encoder-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const write = (file: string, value: unknown) => async (to: string) =>
    writeFile(join(to, file), JSON.stringify(value));
  const pooling = (values: object) => write('1_Pooling/config.json', values);

  it.each([
    ['no file at all', 'transformer.missing-file', (to: string) => rm(to, { recursive: true })],
    ['no model', 'transformer.missing-file', (to: string) => rm(join(to, 'onnx'), { recursive: true })],
    ['no tokenizer', 'transformer.missing-file', (to: string) => rm(join(to, 'tokenizer.json'))],
    ['a model that is no ONNX', 'autodiff.unusable-model-file', write('onnx/model.onnx', 'none')],
    ['a tokenizer of nothing', 'transformer.unsupported-encoder', write('tokenizer.json', {})],
    ['modules that are no list', 'transformer.unsupported-encoder', write('modules.json', { a: 1 })],
    [
      'a module that is not known',
      'transformer.unsupported-encoder',
      write('modules.json', [{ type: 'x.Dense' }]),
    ],
    [
      'a module outside',
      'transformer.unsupported-encoder',
      write('modules.json', [{ type: 'x.Pooling', path: '../../etc' }]),
    ],
    ['an unknown pooling', 'transformer.unsupported-encoder', pooling({ pooling_mode: 'weightedmean' })],
    [
      'two poolings',
      'transformer.unsupported-encoder',
      pooling({ pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }),
    ],
    ['no pooling', 'transformer.unsupported-encoder', pooling({})],
  ])('%s: one sentence and a remedy', async (_, code, spoil) => {
    const to = await mkdtemp(join(folder, 'model-'));
    await cp(modelOf('bert-cls'), to, { recursive: true });
    await spoil(to);
    await expect(loadOnnxSentenceEncoder(to)).rejects.toMatchObject({
      code,
      remedy: expect.stringMatching(/\.$/),
    });
  });

  it('reads the flags of older versions too', async () => {
    const to = await mkdtemp(join(folder, 'model-'));
    await cp(modelOf('bert-cls'), to, { recursive: true });
    await pooling({ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false })(to);
    await using encoder = await loadOnnxSentenceEncoder(to, { threads: 1 });
    const { texts, plain } = await expectedOf('bert-cls');
    expect(worst((await encoder.encode(texts.slice(0, 1)))[0]!, plain[0]!)).toBeLessThan(1e-4);
  });
});
