import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LoraError } from '../errors.js';
import { writeGguf } from '../weights/gguf/gguf-writer.js';
import { loadBaseModel, loadHuggingFaceWeights } from './base-model.js';
import { architecturePath, type GgufContent, goldenGguf } from './golden-gguf.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-base-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function refusal(opening: Promise<AsyncDisposable>): Promise<LoraError> {
  const error: unknown = await opening.then(
    (base) => base[Symbol.asyncDispose]().then(() => 'no error'),
    (reason: unknown) => reason,
  );
  if (!LoraError.isInstance(error)) throw new Error(`expected a LoraError, got ${error}`);
  expect(error.remedy).toMatch(/\.$/);
  return error;
}

describe('a GGUF that cannot be trained is refused when it is opened', () => {
  let content: GgufContent;
  beforeEach(async () => {
    content = await goldenGguf('qwen2');
  });

  async function opened(): Promise<LoraError> {
    const path = join(folder, 'changed.gguf');
    await writeGguf(path, content.metadata, [...content.tensors.values()]);
    return await refusal(loadBaseModel(path));
  }

  test('unchanged it opens', async () => {
    const path = join(folder, 'same.gguf');
    await writeGguf(path, content.metadata, [...content.tensors.values()]);
    await using base = await loadBaseModel(path);
    expect(base).toMatchObject({ path, config: { architecture: 'qwen2', vocabularySize: 256 } });
  });

  test('another architecture is named, and those that can be trained', async () => {
    content.metadata.set('general.architecture', { type: 'string', value: 'mamba' });
    const { code, message } = await opened();
    expect(code).toBe('transformer.unsupported-architecture');
    expect(message).toContain('mamba');
    for (const name of ['llama', 'qwen2', 'qwen3', 'gemma3', 'granite', 'smollm3', 'phi3'])
      expect(message).toContain(name);
  });

  test('more rows of the embedding than tokens, and fewer', async () => {
    for (const rows of [264, 248]) {
      for (const name of ['token_embd.weight', 'output.weight'])
        content.tensors.set(name, { name, shape: [rows, 32], data: new Float32Array(rows * 32) });
      const { code, message } = await opened();
      expect(code).toBe('transformer.bad-config');
      expect(message).toContain(`256 tokens, its embedding ${rows} rows`);
    }
  });

  test('a head of another size than the embedding', async () => {
    const name = 'output.weight';
    content.tensors.set(name, { name, shape: [255, 32], data: new Float32Array(255 * 32) });
    const { code, message } = await opened();
    expect(code).toBe('transformer.missing-weights');
    expect(message).toContain('output.weight is [255,32], not [256,32]');
  });

  test.each([
    ['block_count', 2 ** 32 - 1],
    ['block_count', 1025],
    ['block_count', 0],
    ['embedding_length', 2 ** 31],
    ['feed_forward_length', 2 ** 30],
    ['attention.head_count', 0],
    ['attention.head_count_kv', 3],
    ['attention.key_length', 7],
    ['context_length', 2 ** 31],
  ])('an absurd size: %s %d', async (key, value) => {
    content.metadata.set(`qwen2.${key}`, { type: 'uint32', value });
    expect((await opened()).code).toBe('transformer.bad-config');
  });

  test.each([
    ['block_count', 1024],
    ['feed_forward_length', 1 << 20],
    ['attention.head_count_kv', 1],
  ])('a size that is possible but not that of the weights: %s %d', async (key, value) => {
    content.metadata.set(`qwen2.${key}`, { type: 'uint32', value });
    const before = process.memoryUsage.rss();
    expect((await opened()).code).toBe('transformer.missing-weights');
    // Nothing of the size that the file claims is allocated: 1,024 blocks with 32 KB each, or matrices of 128 MB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });

  test('rotary divisors of another length than half a head', async () => {
    for (const count of [5, 2_000]) {
      const data = new Float32Array(count).fill(1);
      content.tensors.set('rope_freqs.weight', { name: 'rope_freqs.weight', shape: [count], data });
      expect((await opened()).message).toContain(`has ${count} values`);
    }
  });

  test('qwen2 without its biases, and with a tensor too many', async () => {
    for (const module of ['q', 'k', 'v']) content.tensors.delete(`blk.1.attn_${module}.bias`);
    content.tensors.set('cls.weight', { name: 'cls.weight', shape: [32], data: new Float32Array(32) });
    const { code, message } = await opened();
    expect(code).toBe('transformer.missing-weights');
    for (const problem of ['attn_q.bias is missing', 'attn_k.bias is missing', 'attn_v.bias is missing'])
      expect(message).toContain(`blk.1.${problem}`);
    expect(message).toContain('cls.weight is not part of the architecture qwen2');
  });

  test.each(['blk.0.attn_norm.weight', 'blk.1.attn_k.bias', 'output_norm.weight'])(
    'a value of %s that is no number',
    async (name) => {
      const data = content.tensors.get(name)!.data;
      data[3] = name === 'blk.1.attn_k.bias' ? Number.POSITIVE_INFINITY : Number.NaN;
      const { code, message } = await opened();
      expect(code).toBe('weights.corrupt');
      expect(message).toContain(`"${name}" holds values that are no numbers`);
    },
  );

  test('a type that is not known is named, and those that are', async () => {
    const path = join(folder, 'type.gguf');
    await writeGguf(path, content.metadata, [...content.tensors.values()]);
    const bytes = await readFile(path);
    // The type follows the name, the number of dimensions (4 bytes) and two dimensions (8 bytes each).
    const name = 'blk.0.ffn_up.weight';
    const at = bytes.indexOf(name) + name.length + 4 + 16;
    for (const [id, type] of [
      [22, 'IQ2_S'],
      [3000, 'type 3000'],
    ] as const) {
      bytes.writeUInt32LE(id, at);
      await writeFile(path, bytes);
      const { code, message, remedy } = await refusal(loadBaseModel(path));
      expect(code).toBe('weights.unsupported-type');
      expect(message).toContain(`"${name}" of ${path} is stored as ${type}`);
      for (const known of ['F32', 'BF16', 'Q4_K', 'IQ4_XS', 'MXFP4']) expect(remedy).toContain(known);
    }
    bytes.writeUInt32LE(12, at); // Q4_K, whose blocks have 256 elements
    await writeFile(path, bytes);
    expect((await refusal(loadBaseModel(path))).message).toContain('not made of blocks of 256');
  });

  test('a file that was cut off', async () => {
    const path = join(folder, 'cut.gguf');
    await writeGguf(path, content.metadata, [...content.tensors.values()]);
    const { length } = await readFile(path);
    for (const bytes of [length - 1, length >> 1, 1000]) {
      await truncate(path, bytes);
      const { code, message } = await refusal(loadBaseModel(path));
      expect(code).toBe('weights.truncated');
      expect(message).toContain(`ends after ${bytes} bytes`);
    }
  });
});

describe('a Hugging Face directory that cannot be trained is refused when it is opened', () => {
  async function changed(name: string, value: unknown): Promise<LoraError> {
    const directory = join(folder, `hf-${name}`);
    await cp(architecturePath('qwen2/base'), directory, { recursive: true });
    const file = join(directory, 'config.json');
    const json = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...json, [name]: value }));
    return await refusal(loadHuggingFaceWeights(directory));
  }

  test('another architecture, a variant, absurd sizes, sizes that are not those of the weights', async () => {
    expect((await changed('model_type', 'mamba')).message).toContain('mamba; this version trains llama,');
    expect((await changed('use_sliding_window', true)).code).toBe('transformer.unsupported-architecture');
    expect((await changed('num_hidden_layers', 1e9)).code).toBe('transformer.bad-config');
    expect((await changed('vocab_size', 1e5)).code).toBe('transformer.missing-weights');
    expect((await changed('intermediate_size', 65)).message).toContain('not [65,32]');
  });
});
