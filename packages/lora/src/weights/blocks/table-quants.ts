import { FLOAT16_VALUES } from './float16.js';

// Blocks whose 4-bit codes are looked up in a table: byte j holds element j in its low half and
// element j + 16 in its high half.

/** The 16 values of IQ4_NL and IQ4_XS: denser around zero, where weights are. From ggml-common.h, `kvalues_iq4nl`. */
const NON_LINEAR_VALUES = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/**
 * Twice the 16 values of a 4-bit float with 2 exponent bits and 1 mantissa bit (E2M1), so that they are whole.
 * https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf
 */
const DOUBLED_E2M1_VALUES = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** IQ4_NL: 32 elements; d, 16 bytes; value = d * table[q]. */
export function dequantizeIQ4NL(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 18, to += 32) {
    const d = FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
    lookUp(NON_LINEAR_VALUES, d, bytes, at + 2, target, to);
  }
}

/**
 * IQ4_XS: 256 elements in 8 groups of 32; d, a 16-bit word with the two high bits of each group's scale, 4 bytes with
 * the four low bits of two groups each, 128 bytes; value = d * (scale - 32) * table[q].
 */
export function dequantizeIQ4XS(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 136, to += 256) {
    const d = FLOAT16_VALUES[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const high = bytes[at + 2]! | (bytes[at + 3]! << 8);
    for (let group = 0; group < 8; group++) {
      const low = (bytes[at + 4 + (group >> 1)]! >> (4 * (group & 1))) & 15;
      const scale = low | (((high >> (2 * group)) & 3) << 4);
      lookUp(NON_LINEAR_VALUES, d * (scale - 32), bytes, at + 8 + 16 * group, target, to + 32 * group);
    }
  }
}

/** MXFP4: 32 elements; one byte e, 16 bytes; value = 2^(e - 127) * the 4-bit float. */
export function dequantizeMXFP4(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  for (let block = 0, at = 0, to = offset; block < blocks; block++, at += 17, to += 32) {
    lookUp(DOUBLED_E2M1_VALUES, 2 ** (bytes[at]! - 128), bytes, at + 1, target, to);
  }
}

function lookUp(
  table: readonly number[],
  scale: number,
  bytes: Uint8Array,
  at: number,
  target: Float32Array,
  to: number,
): void {
  for (let j = 0; j < 16; j++) {
    const q = bytes[at + j]!;
    target[to + j] = scale * table[q & 15]!;
    target[to + 16 + j] = scale * table[q >> 4]!;
  }
}
