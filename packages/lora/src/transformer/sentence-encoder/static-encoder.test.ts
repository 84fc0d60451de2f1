import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../weights/safetensors/safetensors-writer.js';
import type { TensorData } from '../../weights/tensor-writer.js';
import { loadStaticSentenceEncoder } from './static-encoder.js';

const vocabulary = { '[PAD]': 0, '[UNK]': 1, open: 2, file: 3, close: 4 };
const tokenizer = {
  version: '1.0',
  added_tokens: [],
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
  model: {
    ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##' },
    ...{ max_input_chars_per_word: 100, vocab: vocabulary },
  },
};
/** One vector a token: what is open points right, what is a file up. */
const table = [0, 0, 9, 9, 1, 0, 0, 1, -1, 0];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'static-'));
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeWeights({ embeddings: [[5, 2], table] });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

type Tensors = Record<string, readonly [shape: readonly number[], values: readonly number[]]>;

/** Writes the model's weights. */
async function writeWeights(tensors: Tensors): Promise<void> {
  const entries = Object.entries(tensors).map(([name, [shape, values]]): [string, TensorData] => [
    name,
    { shape, data: Float32Array.from(values) },
  ]);
  await writeSafetensors(join(directory, 'model.safetensors'), new Map(entries));
}

const rounded = (vectors: Float32Array[]) =>
  vectors.map((vector) => [...vector].map((value) => Math.round(value * 1e3) / 1e3));

describe('a table of one vector a token', () => {
  it('gives the mean of the known tokens as a unit vector, in the order of the texts', async () => {
    await using encoder = await loadStaticSentenceEncoder(directory);
    expect(encoder.dimension).toBe(2);
    const done: number[] = [];
    const vectors = await encoder.encode(
      ['Open file file', 'open', 'file never heard of', 'open open file'],
      (count) => done.push(count),
    );
    expect(rounded(vectors)).toEqual([
      [0.447, 0.894],
      [1, 0],
      [0, 1],
      [0.894, 0.447],
    ]);
    expect(done).toEqual([4]);
  });

  it('gives a unit vector for a text without a known word, and for one whose words cancel each other', async () => {
    await using encoder = await loadStaticSentenceEncoder(directory);
    for (const vector of await encoder.encode(['', 'unheard', 'open close', 'file '.repeat(5_000)]))
      expect(Math.hypot(...vector)).toBeCloseTo(1);
  });

  it('counts tokens by their weights where the file has some', async () => {
    const weights = [1, 1, 3, 4, 1];
    await writeWeights({ embeddings: [[5, 2], table], weights: [[5], weights] });
    await using encoder = await loadStaticSentenceEncoder(directory);
    expect(rounded(await encoder.encode(['open file']))).toEqual([[0.6, 0.8]]);
  });

  it.each([
    ['another table', { other: [[5, 2], table] }],
    ['one of three axes', { embeddings: [[5, 1, 2], table] }],
    ['weights that do not fit', { embeddings: [[5, 2], table], weights: [[2], [1, 1]] }],
    ['shared rows', { embeddings: [[5, 2], table], mapping: [[5], [0, 1, 2, 3, 4]] }],
  ] as const)('refuses %s', async (_, tensors) => {
    await writeWeights(tensors);
    await expect(loadStaticSentenceEncoder(directory)).rejects.toMatchObject({
      code: 'transformer.unsupported-encoder',
    });
  });
});
