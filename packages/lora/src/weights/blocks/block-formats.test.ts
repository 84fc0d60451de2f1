import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_FORMATS } from './block-formats.js';
import { Q8_0_BYTES, widenQ5_0 } from './widen-q5.js';

interface Golden {
  decode: Record<string, { blocks: number; bytes: string; values: string }>;
  encode: Record<string, { values: string; bytes: string }>;
}
// Made by fixtures/golden/quants/generate.py with llama.cpp's Python package.
const golden = JSON.parse(
  readFileSync(new URL('../../../fixtures/golden/quants/quants.json', import.meta.url), 'utf8'),
) as Golden;

function floats(base64: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);
}

describe('block formats', () => {
  it('has a golden sample of every type but F32', () => {
    expect(Object.keys(golden.decode).sort()).toEqual(
      [...BLOCK_FORMATS.keys()].filter((type) => type !== 'F32').sort(),
    );
  });

  it.each(Object.entries(golden.decode))(
    'dequantises %s to the bit as the reference does',
    (type, sample) => {
      const format = BLOCK_FORMATS.get(type)!;
      const bytes = new Uint8Array(Buffer.from(sample.bytes, 'base64'));
      const expected = floats(sample.values);
      expect(bytes.length).toBe(sample.blocks * format.bytesPerBlock);
      expect(expected.length).toBe(sample.blocks * format.blockSize);
      // An offset and a margin: nothing outside the asked range is touched.
      const target = new Float32Array(expected.length + 7).fill(42);
      format.dequantize(bytes, target, 3, sample.blocks);
      expect(target.subarray(3, 3 + expected.length)).toEqual(expected);
      expect([...target.subarray(0, 3), ...target.subarray(3 + expected.length)]).toEqual(Array(7).fill(42));
    },
  );

  it.each(Object.entries(golden.encode))(
    'quantises to %s byte for byte as the reference does',
    (type, sample) => {
      const format = BLOCK_FORMATS.get(type)!;
      const values = floats(sample.values);
      const blocks = values.length / format.blockSize;
      const bytes = new Uint8Array(blocks * format.bytesPerBlock);
      format.quantize!(values, 0, bytes, blocks);
      expect(bytes).toEqual(new Uint8Array(Buffer.from(sample.bytes, 'base64')));
    },
  );

  it('stores F32 unchanged, also from the middle of an array', () => {
    const { quantize, dequantize } = BLOCK_FORMATS.get('F32')!;
    fc.assert(
      fc.property(fc.float32Array({ minLength: 3, maxLength: 40, noNaN: true }), (values) => {
        const bytes = new Uint8Array((values.length - 2) * 4);
        quantize!(values, 2, bytes, values.length - 2);
        const back = new Float32Array(values.length);
        dequantize(bytes, back, 2, values.length - 2);
        expect(back.subarray(2)).toEqual(values.subarray(2));
      }),
    );
  });

  it('is within half a step after Q8_0', () => {
    const { quantize, dequantize } = BLOCK_FORMATS.get('Q8_0')!;
    const value = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 32, maxLength: 32 }), (list) => {
        const values = new Float32Array(list);
        const bytes = new Uint8Array(34);
        quantize!(values, 0, bytes, 1);
        const back = new Float32Array(32);
        dequantize(bytes, back, 0, 1);
        const largest = Math.max(...list.map(Math.abs));
        // Half a step of 1/127, and the rounding of the scale itself (11 bits, or 2^-25 where it is subnormal).
        const bound = largest / 254 + largest * 2 ** -11 + 127 * 2 ** -25;
        for (let i = 0; i < 32; i++)
          expect(Math.abs(back[i]! - values[i]!)).toBeLessThanOrEqual(bound * 1.0001);
      }),
    );
  });

  /** Root of the mean squared error over that of the values, for normally distributed ones: what the bits allow. */
  const BOUNDS: [type: string, bound: number][] = [
    ['Q4_0', 0.095],
    ['Q4_1', 0.08],
    ['Q5_0', 0.048],
    ['Q5_1', 0.04],
    ['Q4_K', 0.08],
    ['Q5_K', 0.04],
    ['Q6_K', 0.021],
    ['Q8_0', 0.008],
  ];

  it.each(BOUNDS)('loses to %s no more than its bits do', (type, bound) => {
    const { quantize, dequantize, blockSize, bytesPerBlock } = BLOCK_FORMATS.get(type)!;
    const blocks = 8_192 / blockSize;
    const values = normalNumbers(8_192 + 3);
    const bytes = new Uint8Array(blocks * bytesPerBlock).fill(0xff);
    quantize!(values, 3, bytes, blocks);
    const back = new Float32Array(8_192);
    dequantize(bytes, back, 0, blocks);
    const own = values.subarray(3);
    const error = Math.hypot(...back.map((value, i) => value - own[i]!)) / Math.hypot(...own);
    expect(error).toBeLessThan(bound);
    expect(error).toBeGreaterThan(bound / 2);
    // What is on its grid already stays: a second time nearly nothing is lost.
    quantize!(back, 0, bytes, blocks);
    const again = new Float32Array(8_192);
    dequantize(bytes, again, 0, blocks);
    expect(Math.hypot(...again.map((value, i) => value - back[i]!)) / Math.hypot(...back)).toBeLessThan(
      bound / 3,
    );
  });

  it.each(BOUNDS)('stores zeros, one value throughout and a single large one as %s', (type) => {
    const { quantize, dequantize, blockSize, bytesPerBlock } = BLOCK_FORMATS.get(type)!;
    const bytes = new Uint8Array(bytesPerBlock);
    const back = new Float32Array(blockSize);
    for (const values of [
      new Float32Array(blockSize),
      new Float32Array(blockSize).fill(0.75),
      new Float32Array(blockSize).fill(-0.75),
      Float32Array.from({ length: blockSize }, (_, i) => (i === 5 ? 3 : 0)),
      Float32Array.from({ length: blockSize }, (_, i) => (i === 5 ? -3 : 0)),
    ]) {
      quantize!(values, 0, bytes, 1);
      dequantize(bytes, back, 0, 1);
      for (const [i, value] of back.entries()) expect(Math.abs(value - values[i]!)).toBeLessThan(0.05);
    }
  });
});

/** From a fixed seed, by the sum of twelve uniform numbers. */
function normalNumbers(length: number): Float32Array {
  let state = 7;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length }, () => {
    let sum = -6;
    for (let n = 0; n < 12; n++) sum += uniform();
    return sum * 0.02;
  });
}

it('spells Q5_0 as Q8_0 without changing a value', () => {
  const { bytes, blocks, values } = golden.decode.Q5_0!;
  const wide = new Uint8Array(blocks * Q8_0_BYTES);
  widenQ5_0(new Uint8Array(Buffer.from(bytes, 'base64')), wide);
  const read = new Float32Array(blocks * 32);
  BLOCK_FORMATS.get('Q8_0')!.dequantize(wide, read, 0, blocks);
  expect(read).toEqual(floats(values));
});
