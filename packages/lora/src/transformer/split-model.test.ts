import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rewriteGguf } from '../weights/gguf/gguf-rewrite.js';
import { type GgufValue, writeGguf } from '../weights/gguf/gguf-writer.js';
import { openSafetensors } from '../weights/safetensors/safetensors-reader.js';
import { writeSafetensors } from '../weights/safetensors/safetensors-writer.js';
import type { TensorData } from '../weights/tensor-writer.js';
import { loadBaseModel, loadHuggingFaceWeights } from './base-model.js';
import { architecturePath, goldenGguf } from './golden-gguf.fixture.js';

const PARTS = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-split-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a GGUF in several parts, as llama-gguf-split writes it', () => {
  let paths: string[];
  let tensorCount: number;

  beforeEach(async () => {
    const { metadata, tensors } = await goldenGguf('qwen2');
    tensorCount = tensors.size;
    const all = [...tensors.values()];
    const perPart = Math.ceil(all.length / PARTS);
    paths = Array.from({ length: PARTS }, (_, i) => join(folder, `tiny-0000${i + 1}-of-0000${PARTS}.gguf`));
    for (const [index, path] of paths.entries()) {
      const split: [string, GgufValue][] = [
        ['split.no', { type: 'uint16', value: index }],
        ['split.count', { type: 'uint16', value: PARTS }],
        ['split.tensors.count', { type: 'int32', value: tensorCount }],
      ];
      const pairs = new Map([...(index === 0 ? metadata : []), ...split]);
      await writeGguf(path, pairs, all.slice(index * perPart, (index + 1) * perPart));
    }
  });

  test('any part opens all: the same model as the one file', async () => {
    await using whole = await loadBaseModel(architecturePath('qwen2/base.gguf'));
    for (const path of paths) {
      await using base = await loadBaseModel(path);
      expect(base.path).toBe(paths[0]);
      expect(base.weights.files).toEqual(paths);
      expect(base.config).toEqual(whole.config);
      expect(base.hashes.tokenizer).toBe(whole.hashes.tokenizer);
      expect(base.hashes.weights).not.toBe(whole.hashes.weights);
      expect([...base.weights.tensors.keys()]).toEqual([...whole.weights.tensors.keys()]);
      for (const name of whole.weights.tensors.keys())
        expect(await base.weights.readFloat32(name)).toEqual(await whole.weights.readFloat32(name));
      const rows = Int32Array.of(7, 200);
      expect(await base.weights.readRowsFloat32('output.weight', rows)).toEqual(
        await whole.weights.readRowsFloat32('output.weight', rows),
      );
      await expect(base.weights.readFloat32('blk.9.nothing')).rejects.toMatchObject({
        code: 'weights.unknown-tensor',
      });
    }
  });

  test('a part that is missing is named', async () => {
    await rm(paths[1]!);
    for (const path of [paths[0]!, paths[2]!]) {
      await expect(loadBaseModel(path)).rejects.toMatchObject({
        code: 'weights.missing-part',
        message: `The file ${paths[1]} is missing: part 2 of 3.`,
      });
    }
  });

  test('parts of another model, in another order or under another name are refused', async () => {
    await cp(paths[0]!, paths[2]!);
    await expect(loadBaseModel(paths[0]!)).rejects.toMatchObject({ code: 'weights.corrupt' });
    const renamed = join(folder, 'renamed.gguf');
    await rename(paths[0]!, renamed);
    await expect(loadBaseModel(renamed)).rejects.toMatchObject({ code: 'weights.split-file' });
  });

  test('parts that hold fewer tensors than promised, or one twice, are refused', async () => {
    const split = (number: number, tensors: number) =>
      new Map<string, GgufValue>([
        ['split.no', { type: 'uint16', value: number }],
        ['split.count', { type: 'uint16', value: PARTS }],
        ['split.tensors.count', { type: 'int32', value: tensors }],
      ]);
    await writeGguf(paths[2]!, split(2, tensorCount), []);
    await expect(loadBaseModel(paths[0]!)).rejects.toThrow(`tensors, not ${tensorCount}`);
    const twice = { name: 'token_embd.weight', shape: [1], data: new Float32Array(1) };
    await writeGguf(paths[2]!, split(2, tensorCount), [twice]);
    await expect(loadBaseModel(paths[0]!)).rejects.toThrow('a tensor "token_embd.weight" too');
    await writeGguf(
      paths[0]!,
      new Map<string, GgufValue>([['split.count', { type: 'uint32', value: 99_999 }]]),
      [],
    );
    await expect(loadBaseModel(paths[0]!)).rejects.toThrow('one of 99999 parts');
  });

  test('a part is not copied alone', async () => {
    const copy = rewriteGguf(paths[0]!, join(folder, 'copy.gguf'), {
      typeOf: () => 'F16',
      metadata: new Map(),
      tensors: new Map(),
    });
    await expect(copy).rejects.toMatchObject({ code: 'weights.split-file' });
  });
});

describe('safetensors in several files', () => {
  let directory: string;
  let weightMap: Record<string, string>;
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;

  beforeEach(async () => {
    directory = await mkdtemp(join(folder, 'sharded-'));
    weightMap = {};
    await cp(architecturePath('qwen2/base/config.json'), join(directory, 'config.json'));
    await using whole = await openSafetensors(architecturePath('qwen2/base/model.safetensors'));
    const shards = names.map(() => new Map<string, TensorData>());
    let at = 0;
    for (const { name, shape } of whole.tensors.values()) {
      const shard = at++ % shards.length;
      weightMap[name] = names[shard]!;
      shards[shard]!.set(name, { shape, data: await whole.readFloat32(name) });
    }
    for (const [i, shard] of shards.entries()) await writeSafetensors(join(directory, names[i]!), shard);
    await writeIndex(weightMap);
  });

  const indexFile = () => join(directory, 'model.safetensors.index.json');
  const writeIndex = (map: unknown) =>
    writeFile(indexFile(), JSON.stringify({ metadata: {}, weight_map: map }));

  test('open as the one file does', async () => {
    await using sharded = await loadHuggingFaceWeights(directory);
    await using whole = await loadHuggingFaceWeights(architecturePath('qwen2/base'));
    expect(sharded.config).toEqual(whole.config);
    expect(sharded.weights.path).toBe(indexFile());
    expect([...sharded.weights.tensors.keys()].sort()).toEqual([...whole.weights.tensors.keys()].sort());
    for (const name of whole.weights.tensors.keys())
      expect(await sharded.weights.readFloat32(name)).toEqual(await whole.weights.readFloat32(name));
  });

  test.each([
    '../outside.safetensors',
    '/etc/outside.safetensors',
    'C:\\outside.safetensors',
    '..',
    'folder/a.safetensors',
  ])('the index may not name %s', async (name) => {
    const [tensor] = Object.keys(weightMap);
    await writeIndex({ ...weightMap, [tensor!]: name });
    await expect(loadHuggingFaceWeights(directory)).rejects.toMatchObject({ code: 'weights.corrupt' });
  });

  test('a missing file is named; an index that contradicts the files is refused', async () => {
    await writeIndex({ ...weightMap, 'model.more.weight': names[0] });
    await expect(loadHuggingFaceWeights(directory)).rejects.toThrow(
      `"model.more.weight" is not in ${names[0]}`,
    );
    for (const bad of [{}, [], 'text', undefined, { a: 3 }]) {
      await writeIndex(bad);
      await expect(loadHuggingFaceWeights(directory)).rejects.toMatchObject({ code: 'weights.corrupt' });
    }
    await writeFile(indexFile(), '<html>');
    await expect(loadHuggingFaceWeights(directory)).rejects.toThrow('cannot be read as JSON');
    await writeIndex(weightMap);
    await rm(join(directory, names[1]));
    await expect(loadHuggingFaceWeights(directory)).rejects.toMatchObject({
      code: 'weights.missing-part',
      details: { path: join(directory, names[1]) },
    });
  });

  test('without a file and without an index there is nothing to open', async () => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    await cp(join(directory, 'config.json'), join(folder, 'empty', 'config.json'));
    await expect(loadHuggingFaceWeights(join(folder, 'empty'))).rejects.toMatchObject({
      code: 'weights.not-found',
    });
  });
});

test('a block format in safetensors is refused before its size is believed', async () => {
  const path = join(folder, 'blocks.safetensors');
  const header = JSON.stringify({ t: { dtype: 'Q4_0', shape: [2 ** 40], data_offsets: [0, 18] } });
  const bytes = Buffer.alloc(8 + header.length + 18);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  await writeFile(path, bytes);
  await expect(openSafetensors(path)).rejects.toMatchObject({ code: 'weights.corrupt' });
});
