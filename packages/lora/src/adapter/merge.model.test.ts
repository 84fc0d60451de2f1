import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type BaseModel, loadBaseModel } from '../transformer/base-model.js';
import { moduleShape } from '../transformer/config/modules.js';
import { float16ToFloat32, float32ToFloat16 } from '../weights/blocks/float16.js';
import { openGguf } from '../weights/gguf/gguf-reader.js';
import type { LoraAdapter } from './adapter.js';
import { writeMergedModel } from './merge.js';

const RANK = 2;
let folder: string;
let base: BaseModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-merge-'));
  base = await loadBaseModel(inject('baseModelFile'));
});
afterAll(async () => {
  await base[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Trains v_proj of the first block only: small numbers that are exact in float32. */
function adapter(): LoraAdapter {
  const [outFeatures, inFeatures] = moduleShape('v_proj', base.config);
  const a = Float32Array.from({ length: RANK * inFeatures }, (_, i) => ((i % 7) - 3) / 64);
  const b = Float32Array.from({ length: outFeatures * RANK }, (_, i) => ((i % 5) - 2) / 64);
  const blocks = Array.from({ length: base.config.blockCount }, () => ({}));
  blocks[0] = { v_proj: { a, b, inFeatures, outFeatures } };
  return { config: { rank: RANK, alpha: 4, dropout: 0, targetModules: ['v_proj'] }, blocks };
}

test('the trained weight is W + (alpha / rank) B A in float16; all else is the base as it was', async () => {
  const file = join(folder, 'merged.gguf');
  const lora = adapter();
  await writeMergedModel(file, base, lora);
  await using merged = await openGguf(file);
  expect([...merged.tensors.keys()]).toEqual([...base.weights.tensors.keys()]);
  const trained = 'blk.0.attn_v.weight';
  expect(merged.tensors.get(trained)?.type).toBe('F16');
  const before = await base.weights.readFloat32(trained);
  const after = await merged.readFloat32(trained);
  const { a, b, inFeatures } = lora.blocks[0]?.v_proj ?? raise();
  for (const [row, column] of [
    [0, 0],
    [3, 17],
    [100, 575],
  ] as const) {
    let expected = before[row * inFeatures + column] ?? 0;
    for (let r = 0; r < RANK; r++) {
      expected = Math.fround(
        expected + Math.fround(2 * (b[row * RANK + r] ?? 0) * (a[r * inFeatures + column] ?? 0)),
      );
    }
    expect(after[row * inFeatures + column]).toBe(float16ToFloat32(float32ToFloat16(expected)));
  }
  for (const name of ['token_embd.weight', 'blk.0.attn_k.weight', 'output_norm.weight']) {
    expect(merged.tensors.get(name)).toMatchObject({ type: base.weights.tensors.get(name)?.type });
    expect(hashOf(await merged.readFloat32(name))).toBe(hashOf(await base.weights.readFloat32(name)));
  }
  expect(merged.metadata.get('general.file_type')).toBe(1);
  for (const [key, value] of base.weights.metadata) {
    if (key === 'general.file_type') continue;
    expect(JSON.stringify(merged.metadata.get(key)) === JSON.stringify(value), key).toBe(true);
  }
});

test.each(['Q8_0', 'base'] as const)(
  'stored as %s the trained weight is near the sum, and all else as it was',
  async (type) => {
    const file = join(folder, `${type}.gguf`);
    await writeMergedModel(file, base, adapter(), { type });
    await using stored = await openGguf(file);
    await using exact = await openGguf(join(folder, 'merged.gguf'));
    const trained = 'blk.0.attn_v.weight';
    const own = base.weights.tensors.get(trained)?.type;
    expect(stored.tensors.get(trained)?.type).toBe(type === 'base' ? own : 'Q8_0');
    expect(stored.metadata.get('general.file_type')).toBe(
      type === 'base' ? base.weights.metadata.get('general.file_type') : 7,
    );
    const [near, wanted] = [await stored.readFloat32(trained), await exact.readFloat32(trained)];
    const error = Math.hypot(...near.map((value, i) => value - (wanted[i] ?? 0))) / Math.hypot(...wanted);
    expect(error).toBeLessThan(type === 'base' ? 0.1 : 0.01);
    const other = 'blk.0.attn_k.weight';
    expect(hashOf(await stored.readFloat32(other))).toBe(hashOf(await base.weights.readFloat32(other)));
  },
);

test('merged twice into an unchanged place: the tokenizer and template of the copy are the base`s', async () => {
  await using again = await loadBaseModel(join(folder, 'merged.gguf'));
  expect(again.hashes).toMatchObject({ tokenizer: base.hashes.tokenizer, template: base.hashes.template });
  expect(again.hashes.weights).not.toBe(base.hashes.weights);
});

test('an adapter of other shapes, and an aborted merge, leave no file', async () => {
  const file = join(folder, 'never.gguf');
  const other = adapter();
  await expect(
    writeMergedModel(file, base, { ...other, config: { ...other.config, rank: 3 } }),
  ).rejects.toMatchObject({ code: 'adapter.incompatible' });
  const signal = AbortSignal.abort();
  await expect(writeMergedModel(file, base, other, { signal })).rejects.toThrow();
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
});

function hashOf(values: Float32Array): string {
  return createHash('sha256').update(values).digest('hex');
}

function raise(): never {
  throw new Error('the adapter has no v_proj');
}
