import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LoraError } from '../../errors.js';
import { openSafetensors } from './safetensors-reader.js';
import { writeSafetensors } from './safetensors-writer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(header: string | object, dataBytes: number, length?: bigint): Promise<string> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  const path = join(folder, 'raw.safetensors');
  await writeFile(path, Buffer.concat([prefix, json, Buffer.alloc(dataBytes)]));
  return path;
}
async function failureCode(path: string): Promise<string> {
  const error: unknown = await openSafetensors(path).then(
    (source) => source[Symbol.asyncDispose]().then(() => 'no error'),
    (reason) => reason,
  );
  if (!LoraError.isInstance(error)) throw new Error(`expected a LoraError, got ${error}`);
  return error.code;
}

describe('safetensors', () => {
  it('round-trips any tensors and metadata', async () => {
    const path = join(folder, 'any.safetensors');
    const tensor = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 0, maxLength: 4 }).chain((shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return fc.record({
        shape: fc.constant(shape),
        data: fc.float32Array({ minLength: size, maxLength: size, noNaN: true }),
      });
    });
    const name = fc.string({ minLength: 1 }).filter((text) => text !== '__metadata__');
    const property = fc.asyncProperty(
      fc.dictionary(name, tensor, { maxKeys: 5 }),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
      async (tensors, metadata) => {
        await writeSafetensors(path, new Map(Object.entries(tensors)), metadata);
        await using source = await openSafetensors(path);
        expect(source.metadata).toEqual(new Map(Object.entries(metadata)));
        expect([...source.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
        for (const [key, { shape, data }] of Object.entries(tensors)) {
          expect(source.tensors.get(key)).toMatchObject({ type: 'F32', shape });
          expect(await source.readFloat32(key)).toEqual(data);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('writes the same bytes whatever the order of the tensors, and leaves no temporary file', async () => {
    const one = { shape: [1], data: new Float32Array([1]) };
    const two = { shape: [2], data: new Float32Array([2, 3]) };
    const [left, right] = [join(folder, 'left.safetensors'), join(folder, 'right.safetensors')];
    await writeSafetensors(
      left,
      new Map([
        ['a', one],
        ['b', two],
      ]),
      { x: '1', format: 'pt' },
    );
    await writeSafetensors(
      right,
      new Map([
        ['b', two],
        ['a', one],
      ]),
      { format: 'pt', x: '1' },
    );
    expect(readFileSync(left).equals(readFileSync(right))).toBe(true);
    expect(readFileSync(left).readUInt32LE(0) % 8).toBe(0);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('reads F16 and BF16', async () => {
    const path = await fileOf(
      {
        h: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
        b: { dtype: 'BF16', shape: [1], data_offsets: [4, 6] },
      },
      0,
    );
    const header = readFileSync(path);
    await writeFile(path, Buffer.concat([header, Buffer.from([0x00, 0x3e, 0x00, 0xc0, 0xc0, 0x3f])]));
    await using source = await openSafetensors(path);
    expect([...(await source.readFloat32('h'))]).toEqual([1.5, -2]);
    expect([...(await source.readFloat32('b'))]).toEqual([1.5]);
  });

  it('reads a real model: all-MiniLM-L6-v2', async () => {
    await using source = await openSafetensors(join(inject('embeddingModelDirectory'), 'model.safetensors'));
    expect(source.tensors.get('embeddings.word_embeddings.weight')).toMatchObject({ shape: [30522, 384] });
    const values = await source.readFloat32('embeddings.LayerNorm.weight');
    expect(values).toHaveLength(384);
    expect(values.every((value) => value > 0 && value < 2)).toBe(true);
  });

  it('refuses what is not safetensors', async () => {
    expect(await failureCode(join(folder, 'absent'))).toBe('weights.not-found');
    await writeFile(join(folder, 'short'), 'abc');
    expect(await failureCode(join(folder, 'short'))).toBe('weights.not-safetensors');
    expect(await failureCode(await fileOf('{', 10))).toBe('weights.not-safetensors');
    expect(await failureCode(await fileOf('[1]', 10))).toBe('weights.not-safetensors');
    expect(await failureCode(await fileOf('['.repeat(1_000_000), 0))).toBe('weights.not-safetensors');
    expect(await failureCode(await fileOf({}, 10, 2n ** 64n - 1n))).toBe('weights.not-safetensors');
    expect(await failureCode(await fileOf({}, 10, 1_000_000n))).toBe('weights.truncated');
  });

  it('refuses tensors outside the file, overlapping, or of another size than their shape says', async () => {
    const one = (entry: unknown) => fileOf({ t: entry }, 16).then(failureCode);
    expect(await one({ dtype: 'F32', shape: [8], data_offsets: [0, 32] })).toBe('weights.truncated');
    expect(await one({ dtype: 'F32', shape: [4], data_offsets: [2 ** 52, 2 ** 52 + 16] })).toBe(
      'weights.truncated',
    );
    expect(await one({ dtype: 'F32', shape: [3], data_offsets: [0, 16] })).toBe('weights.corrupt');
    expect(await one({ dtype: 'F32', shape: [2 ** 30, 2 ** 30], data_offsets: [0, 16] })).toBe(
      'weights.corrupt',
    );
    expect(await one({ dtype: 'F32', shape: [-4], data_offsets: [0, 16] })).toBe('weights.corrupt');
    expect(await one({ dtype: 'F32', shape: [4], data_offsets: [16, 0] })).toBe('weights.corrupt');
    expect(await one({ dtype: 'F32', shape: [4], data_offsets: [-16, 0] })).toBe('weights.corrupt');
    expect(await one({ dtype: 'F32', shape: [4], data_offsets: [0, 16.5] })).toBe('weights.corrupt');
    expect(await one({ dtype: 7, shape: [4], data_offsets: [0, 16] })).toBe('weights.corrupt');
    expect(await one({ dtype: 'F32', shape: '4', data_offsets: [0, 16] })).toBe('weights.corrupt');
    expect(await one(null)).toBe('weights.corrupt');
    const overlapping = {
      a: { dtype: 'F32', shape: [3], data_offsets: [0, 12] },
      b: { dtype: 'F32', shape: [2], data_offsets: [8, 16] },
    };
    expect(await failureCode(await fileOf(overlapping, 16))).toBe('weights.corrupt');
    expect(await failureCode(await fileOf({ __metadata__: { a: 1 } }, 16))).toBe('weights.corrupt');
  });

  it('keeps a type it cannot read in the list and refuses only to read it', async () => {
    const path = await fileOf({ t: { dtype: 'I64', shape: [2], data_offsets: [0, 16] } }, 16);
    await using source = await openSafetensors(path);
    await expect(source.readFloat32('t')).rejects.toMatchObject({ code: 'weights.unsupported-type' });
  });

  it('leaves the older file and no temporary one when writing fails', async () => {
    const path = join(folder, 'older.safetensors');
    await writeSafetensors(path, new Map([['a', { shape: [1], data: new Float32Array([1]) }]]));
    const before = readFileSync(path);
    const wrong = new Map([['a', { shape: [5], data: new Float32Array([1]) }]]);
    await expect(writeSafetensors(path, wrong)).rejects.toMatchObject({ code: 'weights.wrong-shape' });
    await expect(writeSafetensors(join(folder, 'no', 'x'), new Map())).rejects.toMatchObject({
      code: 'weights.write-failed',
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
