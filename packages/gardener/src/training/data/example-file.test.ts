import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeExamples, encodeExamples } from './example-file.js';

const example = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 257 }), fc.integer({ min: 0, max: 1 })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((pairs) => ({
    tokens: Int32Array.from(pairs, ([token]) => token),
    supervised: Uint8Array.from(pairs, ([, mask]) => mask),
  }));

test('examples come back as they went', () => {
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
