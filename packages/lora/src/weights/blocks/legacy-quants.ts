import { FLOAT16_VALUES, float32ToFloat16 } from './float16.js';

// Blocks of 32 elements with one binary16 scale d (and, in the _1 types, one binary16 minimum m).
// 4-bit values: byte j holds element j in its low half and element j + 16 in its high half.
// 5-bit values: bit i of a 32-bit word `high` is the fifth bit of element i.

/** Q4_0: d, 16 bytes; value = d * (q - 8). */
export function dequantizeQ4_0(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 18, to += 32) {
    const d = FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 2 + j]!;
      target[to + j] = d * ((q & 15) - 8);
      target[to + 16 + j] = d * ((q >> 4) - 8);
    }
  }
}

/** Q4_1: d, m, 16 bytes; value = d * q + m. */
export function dequantizeQ4_1(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 20, to += 32) {
    const d = FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const m = FLOAT16_VALUES[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 4 + j]!;
      target[to + j] = d * (q & 15) + m;
      target[to + 16 + j] = d * (q >> 4) + m;
    }
  }
}

/** Q5_0: d, high bits, 16 bytes; value = d * (q - 16). */
export function dequantizeQ5_0(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 22, to += 32) {
    const d = FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const high = readUint32(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 6 + j]!;
      target[to + j] = d * (((q & 15) | (((high >>> j) & 1) << 4)) - 16);
      target[to + 16 + j] = d * (((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
    }
  }
}

/** Q5_1: d, m, high bits, 16 bytes; value = d * q + m. */
export function dequantizeQ5_1(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 24, to += 32) {
    const d = FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const m = FLOAT16_VALUES[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    const high = readUint32(bytes, at + 4);
    for (let j = 0; j < 16; j++) {
      const q = bytes[at + 8 + j]!;
      target[to + j] = d * ((q & 15) | (((high >>> j) & 1) << 4)) + m;
      target[to + 16 + j] = d * ((q >> 4) | (((high >>> (j + 16)) & 1) << 4)) + m;
    }
  }
}

/** Q8_0: d, 32 signed bytes; value = d * q. */
export function dequantizeQ8_0(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 34, to += 32) {
    const d = FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
    for (let j = 0; j < 32; j++) target[to + j] = d * ((bytes[at + 2 + j]! << 24) >> 24);
  }
}

/** Float32 to Q8_0, byte for byte as ggml's reference: d = max|x| / 127, q = x / d rounded half away from zero. */
export function quantizeQ8_0(values: Float32Array, offset: number, target: Uint8Array, blocks: number): void {
  for (let block = 0, at = 0, from = offset; block < blocks; block++, at += 34, from += 32) {
    let largest = 0;
    for (let j = 0; j < 32; j++) largest = Math.max(largest, Math.abs(values[from + j]!));
    const d = Math.fround(largest / 127);
    // Math.fround after every product: the reference computes in float32.
    const inverse = d === 0 ? 0 : Math.fround(1 / d);
    const bits = float32ToFloat16(d);
    target[at] = bits;
    target[at + 1] = bits >> 8;
    for (let j = 0; j < 32; j++) {
      const scaled = Math.fround(values[from + j]! * inverse);
      target[at + 2 + j] = scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5);
    }
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
