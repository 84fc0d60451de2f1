import { FLOAT16_VALUES } from './float16.js';

// "K-quants": super-blocks of 256 elements, with a scale (and minimum) for each sub-block of 16 or 32,
// themselves quantised and scaled by one binary16 d (and dmin). Layouts after ggml-common.h.

/** Q2_K: 16 bytes of (scale | minimum << 4), 64 of 2-bit values, d, dmin; value = d * scale * q - dmin * minimum. */
export function dequantizeQ2K(bytes: Uint8Array, target: Float32Array, offset: number, blocks: number): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 84, to += 256) {
    const d = float16At(bytes, at + 80);
    const dmin = float16At(bytes, at + 82);
    for (let sub = 0; sub < 16; sub++) {
      const packed = bytes[at + sub]!;
      const scale = d * (packed & 15);
      const minimum = dmin * (packed >> 4);
      const from = at + 16 + (sub >> 3) * 32 + (sub & 1) * 16;
      const shift = sub & 6; // two sub-blocks of 16 share a shift of 0, 2, 4 or 6
      for (let j = 0; j < 16; j++) {
        target[to + sub * 16 + j] = scale * ((bytes[from + j]! >> shift) & 3) - minimum;
      }
    }
  }
}

/**
 * Q3_K: 32 bytes of third bits, 64 of 2-bit values, 12 of sixteen 6-bit scales, d; value = d * (scale - 32) * (q - 4).
 */
export function dequantizeQ3K(bytes: Uint8Array, target: Float32Array, offset: number, blocks: number): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 110, to += 256) {
    const d = float16At(bytes, at + 108);
    for (let sub = 0; sub < 16; sub++) {
      const low = bytes[at + 96 + (sub & 7)]! >> (sub < 8 ? 0 : 4);
      const high = bytes[at + 104 + (sub & 3)]! >> (2 * (sub >> 2));
      const scale = d * (((low & 15) | ((high & 3) << 4)) - 32);
      const from = at + 32 + (sub >> 3) * 32 + (sub & 1) * 16;
      const mask = at + (sub & 1) * 16;
      const shift = sub & 6;
      for (let j = 0; j < 16; j++) {
        // A set third bit means that nothing is subtracted.
        const bit = (bytes[mask + j]! >> (sub >> 1)) & 1;
        target[to + sub * 16 + j] = scale * (((bytes[from + j]! >> shift) & 3) - 4 + 4 * bit);
      }
    }
  }
}

/**
 * Q4_K: d, dmin, 12 bytes of eight 6-bit scales and minima, 128 of 4-bit values; value = d
 * * scale * q - dmin * minimum.
 */
export function dequantizeQ4K(bytes: Uint8Array, target: Float32Array, offset: number, blocks: number): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 144, to += 256) {
    const d = float16At(bytes, at);
    const dmin = float16At(bytes, at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const scale = d * scaleOf(bytes, at + 4, sub);
      const minimum = dmin * minimumOf(bytes, at + 4, sub);
      const from = at + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j++) {
        target[to + sub * 32 + j] = scale * ((bytes[from + j]! >> shift) & 15) - minimum;
      }
    }
  }
}

/** Q5_K: as Q4_K, with 32 bytes of fifth bits (bit s of byte j: element j of sub-block s) before the 4-bit values. */
export function dequantizeQ5K(bytes: Uint8Array, target: Float32Array, offset: number, blocks: number): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 176, to += 256) {
    const d = float16At(bytes, at);
    const dmin = float16At(bytes, at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const scale = d * scaleOf(bytes, at + 4, sub);
      const minimum = dmin * minimumOf(bytes, at + 4, sub);
      const from = at + 48 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j++) {
        const high = (bytes[at + 16 + j]! >> sub) & 1;
        target[to + sub * 32 + j] = scale * (((bytes[from + j]! >> shift) & 15) | (high << 4)) - minimum;
      }
    }
  }
}

/** Q6_K: 128 bytes of lower 4 bits, 64 of upper 2 bits, 16 signed scales, d; value = d * scale * (q - 32). */
export function dequantizeQ6K(bytes: Uint8Array, target: Float32Array, offset: number, blocks: number): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 210, to += 256) {
    const d = float16At(bytes, at + 208);
    for (let sub = 0; sub < 16; sub++) {
      const scale = d * ((bytes[at + 192 + sub]! << 24) >> 24);
      const half = sub >> 3;
      const low = at + half * 64 + (sub & 3) * 16;
      const lowShift = (sub & 4) === 0 ? 0 : 4;
      const high = at + 128 + half * 32 + (sub & 1) * 16;
      const highShift = sub & 6;
      for (let j = 0; j < 16; j++) {
        const q = ((bytes[low + j]! >> lowShift) & 15) | (((bytes[high + j]! >> highShift) & 3) << 4);
        target[to + sub * 16 + j] = scale * (q - 32);
      }
    }
  }
}

function float16At(bytes: Uint8Array, at: number): number {
  return FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

/**
 * 6-bit scale of sub-block 0..7: the first four in the lower bits of bytes 0..3, the others
 * split over bytes 8..11 and 0..3.
 */
function scaleOf(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + sub]! & 63;
  return (bytes[at + 4 + sub]! & 15) | ((bytes[at + sub - 4]! >> 2) & 48);
}

/** 6-bit minimum of sub-block 0..7, packed like the scales with bytes 4..7 and the upper halves of 8..11. */
function minimumOf(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + 4 + sub]! & 63;
  return (bytes[at + 4 + sub]! >> 4) | ((bytes[at + sub]! >> 2) & 48);
}
