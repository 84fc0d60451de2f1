import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openGguf } from '@codebase-gardener/lora';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fasterFile, type Machine } from './faster-file.js';

const AMX: Machine = { platform: 'linux', flags: new Set(['avx2', 'amx_int8']) };
const OTHER: Machine = { platform: 'linux', flags: new Set(['avx2']) };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-faster-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const copies = () => join(folder, 'cache', 'models');

/** GGML's numbers of the types, and bytes of a block of 32. */
const TYPES = { Q5_0: { id: 6, bytes: 22 }, Q8_0: { id: 8, bytes: 34 } } as const;

/** A GGUF (version 3) of one matrix of 4 x 64 values. */
async function model(type: keyof typeof TYPES): Promise<string> {
  const file = join(folder, `${type}.gguf`);
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const text = (value: string) => Buffer.concat([u64(value.length), Buffer.from(value)]);
  const pair = [text('general.architecture'), u32(8), text('llama')];
  const { id, bytes } = TYPES[type];
  const tensor = [text('blk.0.attn_q.weight'), u32(2), u64(64), u64(4), u32(id), u64(0)];
  const header = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(1), u64(1), ...pair, ...tensor]);
  const data = Buffer.alloc(8 * bytes, 1);
  await writeFile(file, Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), data]));
  return file;
}

it('is a copy in Q8_0 where that is faster, made once', async () => {
  const own = await model('Q5_0');
  const copy = await fasterFile(own, copies(), AMX);
  expect(dirname(copy)).toBe(copies());
  await using source = await openGguf(copy);
  expect(source.tensors.get('blk.0.attn_q.weight')?.type).toBe('Q8_0');
  expect(await fasterFile(own, copies(), AMX)).toBe(copy);
  expect(await readdir(copies())).toHaveLength(1);
});

it('is the own file of a machine or a model that gains nothing', async () => {
  const [narrow, wide] = [await model('Q5_0'), await model('Q8_0')];
  expect(await fasterFile(narrow, copies(), OTHER)).toBe(narrow);
  expect(await fasterFile(wide, copies(), AMX)).toBe(wide);
});

it('is the own file where no copy can be made: no such model, no model, no room', async () => {
  const missing = join(folder, 'gone.gguf');
  expect(await fasterFile(missing, copies(), AMX)).toBe(missing);
  const damaged = join(folder, 'damaged.gguf');
  await writeFile(damaged, 'GGUF and nothing more');
  expect(await fasterFile(damaged, copies(), AMX)).toBe(damaged);
  const own = await model('Q5_0');
  await writeFile(join(folder, 'file'), '');
  expect(await fasterFile(own, join(folder, 'file', 'models'), AMX)).toBe(own);
});

it('makes another copy of a model that was replaced', async () => {
  const own = await model('Q5_0');
  const first = await fasterFile(own, copies(), AMX);
  await rm(own);
  await model('Q5_0');
  expect(await fasterFile(own, copies(), AMX)).not.toBe(first);
});
