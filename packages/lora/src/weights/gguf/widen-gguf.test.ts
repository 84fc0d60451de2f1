import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openGguf } from './gguf-reader.js';
import { writeGguf } from './gguf-writer.js';
import { widenable, widenGguf } from './widen-gguf.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-widen-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const values = (count: number) => Float32Array.from({ length: count }, (_, n) => Math.sin(n) * 0.3);

/** A file with a matrix in each of two types, and an embedding. */
async function model(output: boolean): Promise<string> {
  const file = join(folder, 'model.gguf');
  const matrix = (name: string, type: 'Q5_0' | 'Q8_0') => ({
    ...{ name, type, shape: [4, 64], data: values(256) },
  });
  await writeGguf(file, new Map([['general.architecture', { type: 'string', value: 'llama' }]]), [
    matrix('token_embd.weight', 'Q5_0'),
    matrix('blk.0.attn_q.weight', 'Q5_0'),
    matrix('blk.0.attn_v.weight', 'Q8_0'),
    { name: 'blk.0.attn_norm.weight', type: 'F32', shape: [64], data: values(64) },
    ...(output ? [matrix('output.weight', 'Q8_0')] : []),
  ]);
  return file;
}

it('copies a model with each value as it was, and leaves alone what is only looked up', async () => {
  const from = await model(true);
  const to = join(folder, 'wide.gguf');
  await widenGguf(from, to);
  await using before = await openGguf(from);
  await using after = await openGguf(to);
  expect([...after.tensors.values()].map(({ name, type }) => [name, type])).toEqual([
    ['token_embd.weight', 'Q5_0'],
    ['blk.0.attn_q.weight', 'Q8_0'],
    ['blk.0.attn_v.weight', 'Q8_0'],
    ['blk.0.attn_norm.weight', 'F32'],
    ['output.weight', 'Q8_0'],
  ]);
  expect(after.metadata).toEqual(before.metadata);
  for (const name of before.tensors.keys()) {
    expect(await after.readFloat32(name)).toEqual(await before.readFloat32(name));
  }
  expect((await stat(to)).size).toBeGreaterThan((await stat(from)).size);
});

it('tells which share of the work they are, with the embedding where it is the output too', async () => {
  expect((await widenable(await model(true))).share).toBeCloseTo(1 / 3);
  const tied = await widenable(await model(false));
  expect([...tied.tensors]).toEqual(['token_embd.weight', 'blk.0.attn_q.weight']);
  expect(tied.share).toBeCloseTo(2 / 3);
});
