import { readFileSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LoraError } from '../../errors.js';
import { openGguf } from './gguf-reader.js';
import { type GgufTensor, type GgufValue, writeGguf } from './gguf-writer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-gguf-'));
});
afterAll(() => rm(folder, { recursive: true }));

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const start = (tensors: number | bigint, pairs: number | bigint, version = 3) =>
  Buffer.concat([Buffer.from('GGUF'), u32(version), u64(tensors), u64(pairs)]);
const tensorInfo = (name: string, dimensions: (number | bigint)[], type: number, offset: number | bigint) =>
  Buffer.concat([text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset)]);

let files = 0;
async function fileOf(...parts: Uint8Array[]): Promise<string> {
  const path = join(folder, `raw-${files++}.gguf`);
  await writeFile(path, Buffer.concat(parts));
  return path;
}
async function failure(path: string): Promise<LoraError> {
  const error: unknown = await openGguf(path).then(
    (source) => source[Symbol.asyncDispose]().then(() => 'no error'),
    (reason) => reason,
  );
  if (!LoraError.isInstance(error)) throw new Error(`expected a LoraError, got ${error}`);
  expect(error.remedy).toMatch(/\.$/);
  return error;
}

describe('openGguf on what writeGguf wrote', () => {
  it('gives back metadata of every type and tensors in row-major shape', async () => {
    const metadata = new Map<string, GgufValue>([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['text', { type: 'string', value: '\uFEFFgrün 漢 \u0000' }],
      ['bool', { type: 'bool', value: true }],
      ['uint8', { type: 'uint8', value: 255 }],
      ['uint32', { type: 'uint32', value: 4294967295 }],
      ['int32', { type: 'int32', value: -7 }],
      ['float32', { type: 'float32', value: 0.5 }],
      ['small64', { type: 'uint64', value: 9 }],
      ['big64', { type: 'uint64', value: 2n ** 60n }],
      ['strings', { type: 'array', items: 'string', value: ['a', '', 'Ġthe'] }],
      ['numbers', { type: 'array', items: 'int32', value: [1, -2, 3] }],
    ]);
    const path = join(folder, 'round.gguf');
    const data = Float32Array.from({ length: 6 }, (_, i) => i - 2.5);
    await writeGguf(path, metadata, [
      { name: 'a.weight', shape: [2, 3], data },
      { name: 'half', shape: [6], data, type: 'F16' },
    ]);
    await using source = await openGguf(path);
    expect(Object.fromEntries(source.metadata)).toEqual({
      'general.architecture': 'llama',
      text: '\uFEFFgrün 漢 \u0000',
      bool: true,
      uint8: 255,
      uint32: 4294967295,
      int32: -7,
      float32: 0.5,
      small64: 9,
      big64: 2n ** 60n,
      strings: ['a', '', 'Ġthe'],
      numbers: [1, -2, 3],
    });
    expect(source.tensors.get('a.weight')).toMatchObject({ type: 'F32', shape: [2, 3] });
    const into = new Float32Array(6);
    expect(await source.readFloat32('a.weight', into)).toBe(into);
    expect(into).toEqual(data);
    expect(await source.readFloat32('half')).toEqual(data);
    await expect(source.readFloat32('a.weight', new Float32Array(5))).rejects.toMatchObject({
      code: 'weights.wrong-length',
    });
    await expect(source.readFloat32('b.weight')).rejects.toMatchObject({ code: 'weights.unknown-tensor' });
    const [first, second] = [data.slice(0, 3), data.slice(3)];
    const rows = await source.readRowsFloat32('a.weight', Int32Array.of(1, 0, 1));
    expect(rows).toEqual(Float32Array.of(...second, ...first, ...second));
    for (const row of [-1, 2]) {
      await expect(source.readRowsFloat32('a.weight', Int32Array.of(0, row))).rejects.toMatchObject({
        code: 'weights.no-such-row',
      });
    }
    await source[Symbol.asyncDispose]();
    await expect(source.readRowsFloat32('a.weight', Int32Array.of(0))).rejects.toMatchObject({
      code: 'weights.unreadable',
    });
    await expect(source.readFloat32('a.weight')).rejects.toMatchObject({ code: 'weights.unreadable' });
  });

  it('round-trips any F32 tensors', async () => {
    const path = join(folder, 'any.gguf');
    const tensor = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 0, maxLength: 4 }).chain((shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return fc.record({
        shape: fc.constant(shape),
        data: fc.float32Array({ minLength: size, maxLength: size, noNaN: true }),
      });
    });
    const property = fc.asyncProperty(
      fc.dictionary(fc.string({ minLength: 1 }), tensor, { maxKeys: 5 }),
      async (tensors) => {
        const list: GgufTensor[] = Object.entries(tensors).map(([name, value]) => ({ name, ...value }));
        await writeGguf(path, new Map(), list);
        await using source = await openGguf(path);
        expect([...source.tensors.keys()]).toEqual(list.map(({ name }) => Buffer.from(name).toString()));
        for (const { name, shape, data } of list) {
          expect(source.tensors.get(name)!.shape).toEqual(shape);
          expect(await source.readFloat32(name)).toEqual(data);
        }
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  it('reads a tensor that spans several ranges', async () => {
    const path = join(folder, 'long.gguf');
    const data = Float32Array.from({ length: 32 * 50_001 }, (_, i) => (i % 255) - 127);
    await writeGguf(path, new Map(), [{ name: 't', shape: [50_001, 32], data, type: 'Q8_0' }]);
    await using source = await openGguf(path);
    const values = await source.readFloat32('t');
    let furthest = 0;
    for (let i = 0; i < data.length; i++) furthest = Math.max(furthest, Math.abs(values[i]! - data[i]!));
    expect(furthest).toBeLessThan(0.6);
  });

  it('reads a header longer than the first read', async () => {
    const path = join(folder, 'vocabulary.gguf');
    const tokens = Array.from({ length: 200_000 }, (_, i) => `token ${i}`);
    await writeGguf(path, new Map([['tokens', { type: 'array', items: 'string', value: tokens }]]), []);
    await using source = await openGguf(path);
    expect(source.metadata.get('tokens')).toEqual(tokens);
  });
});

describe('openGguf on bad files', () => {
  it('says what is wrong with what is not a GGUF', async () => {
    expect((await failure(join(folder, 'absent.gguf'))).code).toBe('weights.not-found');
    expect((await failure(folder)).code).toBe('weights.unreadable');
    expect((await failure(await fileOf())).code).toBe('weights.not-gguf');
    expect((await failure(await fileOf(Buffer.from('<html>not found</html>')))).code).toBe(
      'weights.not-gguf',
    );
    expect((await failure(await fileOf(start(0, 0, 1)))).code).toBe('weights.unsupported-version');
    const bigEndian = await failure(await fileOf(start(0, 0, 3 * 2 ** 24)));
    expect(bigEndian.message).toContain('big-endian');
  });

  it('believes no count that the file cannot hold', async () => {
    const enough = Buffer.alloc(4096);
    const array = (type: number, length: number | bigint) =>
      Buffer.concat([text('k'), u32(9), u32(type), u64(length), enough]);
    const cases: [string, Uint8Array[]][] = [
      ['weights.corrupt', [start(2n ** 63n, 0), enough]],
      ['weights.corrupt', [start(0, 2n ** 64n - 1n), enough]],
      ['weights.truncated', [start(1000, 0), enough]],
      ['weights.truncated', [start(0, 1000), enough]],
      ['weights.corrupt', [start(0, 1), u64(2n ** 40n), enough]], // a key's length
      ['weights.truncated', [start(0, 1), text('k'), u32(8), u64(1_000_000), enough]], // a string's
      ['weights.corrupt', [start(0, 1), array(4, 2n ** 62n)]],
      ['weights.truncated', [start(0, 1), array(0, 1_000_000)]],
      ['weights.corrupt', [start(0, 1), text('k'), u32(77), enough]], // an unknown type
      [
        'weights.corrupt',
        [start(0, 1), text('k'), ...Array<Buffer>(9).fill(Buffer.concat([u32(9), u32(9), u64(1)]))],
      ],
      ['weights.corrupt', [start(0, 2), text('k'), u32(0), u32(1).subarray(0, 1), text('k'), u32(0), enough]],
    ];
    for (const [code, parts] of cases) expect((await failure(await fileOf(...parts))).code).toBe(code);
  });

  it('refuses tensors that lie outside the file, overlap, repeat or have impossible shapes', async () => {
    const data = Buffer.alloc(1024);
    const open = async (...infos: Buffer[]) =>
      (await failure(await fileOf(start(infos.length, 0), ...infos, data))).code;
    expect(await open(tensorInfo('t', [2n ** 52n], 0, 0))).toBe('weights.truncated');
    expect(await open(tensorInfo('t', [2n ** 40n, 2n ** 40n], 0, 0))).toBe('weights.corrupt');
    expect(await open(tensorInfo('t', [2n ** 64n - 1n], 0, 0))).toBe('weights.corrupt'); // -1
    expect(await open(tensorInfo('t', [0], 0, 0))).toBe('weights.corrupt');
    expect(await open(tensorInfo('t', [4], 0, 2n ** 50n))).toBe('weights.truncated');
    expect(await open(tensorInfo('t', [4], 0, 7))).toBe('weights.corrupt'); // not aligned
    expect(await open(tensorInfo('t', [33], 8, 0))).toBe('weights.corrupt'); // Q8_0 of half a block
    expect(await open(tensorInfo('t', [1, 1, 1, 1, 1], 0, 0))).toBe('weights.corrupt');
    expect(await open(tensorInfo('t', [4], 0, 0), tensorInfo('t', [4], 0, 32))).toBe('weights.corrupt');
    expect(await open(tensorInfo('t', [16], 0, 0), tensorInfo('u', [4], 0, 32))).toBe('weights.corrupt');
  });

  it('opens a file with a type it cannot read, and refuses only that tensor', async () => {
    const infos = [
      tensorInfo('ok', [4], 0, 0),
      tensorInfo('new', [256], 22, 32),
      tensorInfo('odd', [4], 999, 64),
    ];
    const path = await fileOf(start(3, 0), ...infos, Buffer.alloc(1024));
    await using source = await openGguf(path);
    expect(await source.readFloat32('ok')).toEqual(new Float32Array(4));
    const error = await source.readFloat32('new').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'weights.unsupported-type', details: { type: 'IQ2_S' } });
    await expect(source.readFloat32('odd')).rejects.toThrow('type 999');
  });

  it('names a file cut off at any place', async () => {
    const path = join(folder, 'cut.gguf');
    const metadata = new Map<string, GgufValue>([
      ['strings', { type: 'array', items: 'string', value: ['a', 'b'] }],
    ]);
    await writeGguf(path, metadata, [{ name: 't', shape: [2, 4], data: new Float32Array(8) }]);
    const size = readFileSync(path).length;
    for (let length = size - 1; length >= 0; length--) {
      await truncate(path, length);
      expect((await failure(path)).code).toBe(length < 4 ? 'weights.not-gguf' : 'weights.truncated');
    }
  });

  it('survives any flipped bytes with a LoraError or a file it can read', async () => {
    const path = join(folder, 'whole.gguf');
    const metadata = new Map<string, GgufValue>([
      ['strings', { type: 'array', items: 'string', value: ['a', 'b'] }],
      ['general.alignment', { type: 'uint32', value: 32 }],
    ]);
    await writeGguf(path, metadata, [{ name: 't', shape: [2, 4], data: new Float32Array(8) }]);
    const whole = readFileSync(path);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      const damaged = join(folder, 'damaged.gguf');
      await writeFile(damaged, bytes);
      try {
        await using source = await openGguf(damaged);
        for (const name of source.tensors.keys()) await source.readFloat32(name);
      } catch (error) {
        if (!LoraError.isInstance(error)) throw error;
      }
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('notices that a file was cut after it was opened', async () => {
    const path = join(folder, 'later.gguf');
    await writeGguf(path, new Map(), [{ name: 't', shape: [64], data: new Float32Array(64) }]);
    await using source = await openGguf(path);
    await truncate(path, 100);
    await expect(source.readFloat32('t')).rejects.toMatchObject({ code: 'weights.truncated' });
  });

  it('asks to join the parts of a split model', async () => {
    const path = join(folder, 'part.gguf');
    await writeGguf(path, new Map([['split.count', { type: 'uint32', value: 3 }]]), []);
    expect((await failure(path)).code).toBe('weights.split-file');
  });
});

describe('openGguf on SmolLM2-135M-Instruct', () => {
  it("reads the tensors as llama.cpp's own package does", async () => {
    const golden = JSON.parse(
      readFileSync(new URL('../../../fixtures/golden/quants/base-model.json', import.meta.url), 'utf8'),
    ) as {
      tensorCount: number;
      tensors: Record<
        string,
        { type: string; shape: number[]; sum: number; sumOfSquares: number; first: number[]; last: number[] }
      >;
    };
    await using source = await openGguf(inject('baseModelFile'));
    expect(source.tensors.size).toBe(golden.tensorCount);
    expect(source.metadata.get('general.architecture')).toBe('llama');
    expect(source.metadata.get('tokenizer.ggml.tokens')).toHaveLength(49152);
    for (const [name, expected] of Object.entries(golden.tensors)) {
      expect(source.tensors.get(name)).toMatchObject({ type: expected.type, shape: expected.shape });
      const values = await source.readFloat32(name);
      expect([...values.subarray(0, 8)]).toEqual(expected.first);
      expect([...values.subarray(-8)]).toEqual(expected.last);
      let sum = 0;
      let sumOfSquares = 0;
      for (const value of values) {
        sum += value;
        sumOfSquares += value * value;
      }
      // The values are equal; only the order of summing differs.
      expect(Math.abs(sum - expected.sum)).toBeLessThan(1e-6 * expected.sumOfSquares);
      expect(sumOfSquares / expected.sumOfSquares).toBeCloseTo(1, 9);
    }
  });
});
