import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testBase, testFile } from '../data/codebase.fixture.js';
import { decodeExamples, encodeExamples } from '../data/example-file.js';
import { makeExamples } from '../data/examples.js';
import { hasRunData, readRunData, runDataDirectory, writeRunData } from './run-data.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gardener-run-data-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const example = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 257 }), fc.integer({ min: 0, max: 1 })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((pairs) => ({
    tokens: Int32Array.from(pairs, ([token]) => token),
    supervised: Uint8Array.from(pairs, ([, mask]) => mask),
  }));

describe('example files', () => {
  test('come back as they went', () => {
    fc.assert(
      fc.property(fc.array(example, { maxLength: 10 }), (examples) => {
        expect(decodeExamples(encodeExamples(examples), 'x', 258)).toEqual(examples);
      }),
    );
  });

  test('any cut or foreign token is refused', () => {
    const bytes = encodeExamples([{ tokens: Int32Array.of(1, 2, 3), supervised: Uint8Array.of(0, 1, 1) }]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeExamples(bytes.subarray(0, length), 'x', 258)).toThrow(/damaged/);
    }
    expect(() => decodeExamples(Buffer.concat([bytes, Buffer.alloc(4)]), 'x', 258)).toThrow(/longer/);
    expect(() => decodeExamples(bytes, 'x', 3)).toThrow(/token 3/);
  });
});

describe('run data', () => {
  const files = Array.from({ length: 20 }, (_, i) => testFile(`src/${i}.py`));
  const set = makeExamples(files, testBase, { seed: 1, sequenceLength: 512 });
  const data = { ...set, questions: ['one?', 'two?'] };

  test('is written once and read back whole', async () => {
    expect(await hasRunData(directory)).toBe(false);
    await writeRunData(directory, data);
    await writeRunData(directory, { ...data, questions: ['other'] });
    expect(await readRunData(directory, 258)).toEqual(data);
  });

  test('a changed byte is noticed', async () => {
    const file = join(runDataDirectory(directory), 'train.bin');
    const bytes = await readFile(file);
    const at = bytes.length - 40;
    bytes[at] = (bytes[at] as number) ^ 1;
    await writeFile(file, bytes);
    await expect(readRunData(directory, 1e6)).rejects.toMatchObject({ code: 'training.damaged-data' });
  });
});
