import { fitAffine, fitSymmetric, inverseOf, levelOf } from './fit-scale.js';
import { FLOAT16_VALUES, float32ToFloat16 } from './float16.js';

// The inverses of legacy-quants.ts, which tells the layouts.

/** Float32 to Q4_0. */
export const quantizeQ4_0 = symmetric(4);

/** Float32 to Q4_1. */
export const quantizeQ4_1 = affine(4);

/** Float32 to Q5_0. */
export const quantizeQ5_0 = symmetric(5);

/** Float32 to Q5_1. */
export const quantizeQ5_1 = affine(5);

function symmetric(bits: 4 | 5) {
  const levels = 1 << (bits - 1);
  const bytes = bits === 4 ? 18 : 22;
  return (values: Float32Array, offset: number, target: Uint8Array, blocks: number): void => {
    for (let block = 0; block < blocks; block++) {
      const from = offset + block * 32;
      const at = block * bytes;
      // Levels are found for the scale as it is stored.
      const inverse = inverseOf(storeFloat16(target, at, fitSymmetric(values, from, 32, levels)));
      const level = (i: number) => levels + levelOf(values[from + i]!, inverse, -levels, levels - 1);
      storeLevels(target, at + 2, bits, level);
    }
  };
}

function affine(bits: 4 | 5) {
  const levels = (1 << bits) - 1;
  const bytes = bits === 4 ? 20 : 24;
  return (values: Float32Array, offset: number, target: Uint8Array, blocks: number): void => {
    for (let block = 0; block < blocks; block++) {
      const from = offset + block * 32;
      const at = block * bytes;
      const fit = fitAffine(values, from, 32, levels, false);
      const inverse = inverseOf(storeFloat16(target, at, fit.scale));
      const minimum = storeFloat16(target, at + 2, fit.minimum);
      storeLevels(target, at + 4, bits, (i) => levelOf(values[from + i]! - minimum, inverse, 0, levels));
    }
  };
}

/** @returns the value as it is read back */
export function storeFloat16(target: Uint8Array, at: number, value: number): number {
  const bits = float32ToFloat16(value);
  target[at] = bits;
  target[at + 1] = bits >> 8;
  return FLOAT16_VALUES[bits]!;
}

/** 32 levels: with five bits first a word of the fifth ones, then the lower four of each. */
function storeLevels(target: Uint8Array, at: number, bits: 4 | 5, level: (i: number) => number): void {
  const low = bits === 4 ? at : at + 4;
  let high = 0;
  for (let j = 0; j < 16; j++) {
    const [one, other] = [level(j), level(j + 16)];
    target[low + j] = (one & 15) | ((other & 15) << 4);
    high |= (one >> 4) << j;
    high |= (other >> 4) << (j + 16);
  }
  if (bits === 5) for (let n = 0; n < 4; n++) target[at + n] = high >>> (8 * n);
}
