import { type Affine, fitAffine, fitSymmetric, inverseOf, levelOf } from './fit-scale.js';
import { storeFloat16 } from './quantize-legacy.js';

// The inverses of k-quants.ts, which tells the layouts.

/** Float32 to Q4_K. */
export const quantizeQ4K = withMinima(4);

/** Float32 to Q5_K. */
export const quantizeQ5K = withMinima(5);

/** Eight sub-blocks of 32, each with a scale and a minimum of six bits. */
function withMinima(bits: 4 | 5) {
  const bytes = bits === 4 ? 144 : 176;
  return (values: Float32Array, offset: number, target: Uint8Array, blocks: number): void => {
    for (let block = 0; block < blocks; block++) {
      storeBlock(
        values.subarray(offset + block * 256),
        target.subarray(block * bytes, (block + 1) * bytes),
        bits,
      );
    }
  };
}

function storeBlock(values: Float32Array, target: Uint8Array, bits: 4 | 5): void {
  const levels = (1 << bits) - 1;
  target.fill(0);
  const fits = Array.from({ length: 8 }, (_, sub) => fitAffine(values, sub * 32, 32, levels, true));
  const largest = (of: (fit: Affine) => number) => Math.max(...fits.map(of));
  const d = storeFloat16(target, 0, largest(({ scale }) => scale) / 63);
  const dmin = storeFloat16(target, 2, largest(({ minimum }) => -minimum) / 63);
  const scales = fits.map(({ scale }) => levelOf(scale, inverseOf(d), 0, 63));
  const minima = fits.map(({ minimum }) => levelOf(-minimum, inverseOf(dmin), 0, 63));
  storeSixBits(target, 4, scales, minima);
  for (let sub = 0; sub < 8; sub++) {
    const inverse = inverseOf(d * scales[sub]!);
    const minimum = dmin * minima[sub]!;
    const low = (bits === 4 ? 16 : 48) + (sub >> 1) * 32;
    for (let j = 0; j < 32; j++) {
      const q = levelOf(values[sub * 32 + j]! + minimum, inverse, 0, levels);
      target[low + j]! |= (q & 15) << ((sub & 1) * 4);
      if (bits === 5) target[16 + j]! |= (q >> 4) << sub;
    }
  }
}

/**
 * Eight scales and eight minima in 12 bytes: four whole ones each, the upper two bits of those hold others' upper
 * bits.
 */
function storeSixBits(
  target: Uint8Array,
  at: number,
  scales: readonly number[],
  minima: readonly number[],
): void {
  for (let sub = 0; sub < 4; sub++) {
    const [scale, minimum] = [scales[sub + 4]!, minima[sub + 4]!];
    target[at + sub] = scales[sub]! | ((scale >> 4) << 6);
    target[at + 4 + sub] = minima[sub]! | ((minimum >> 4) << 6);
    target[at + 8 + sub] = (scale & 15) | ((minimum & 15) << 4);
  }
}

/** Float32 to Q6_K: sixteen sub-blocks of 16 with a signed scale of eight bits. */
export function quantizeQ6K(values: Float32Array, offset: number, target: Uint8Array, blocks: number): void {
  for (let block = 0; block < blocks; block++) {
    const from = offset + block * 256;
    const at = block * 210;
    target.fill(0, at, at + 210);
    const fits = Array.from({ length: 16 }, (_, sub) => fitSymmetric(values, from + sub * 16, 16, 32));
    const furthest = fits.reduce((most, scale) => (Math.abs(scale) > Math.abs(most) ? scale : most), 0);
    const d = storeFloat16(target, at + 208, furthest / -128);
    for (const [sub, fit] of fits.entries()) {
      const scale = levelOf(fit, inverseOf(d), -128, 127);
      target[at + 192 + sub] = scale;
      const inverse = inverseOf(d * scale);
      const low = at + (sub >> 3) * 64 + (sub & 3) * 16;
      const high = at + 128 + (sub >> 3) * 32 + (sub & 1) * 16;
      for (let j = 0; j < 16; j++) {
        const q = 32 + levelOf(values[from + sub * 16 + j]!, inverse, -32, 31);
        target[low + j]! |= (q & 15) << (sub & 4);
        target[high + j]! |= (q >> 4) << (sub & 6);
      }
    }
  }
}
