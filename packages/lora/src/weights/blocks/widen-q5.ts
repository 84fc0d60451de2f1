/** Bytes of a block of 32 values: a binary16 scale, the fifth bits, the low four bits. */
export const Q5_0_BYTES = 22;
/** A binary16 scale and 32 signed bytes. */
export const Q8_0_BYTES = 34;

/**
 * Spells blocks of Q5_0 as blocks of Q8_0: the same scale, and the same integers in a byte each, so that every value
 * stays exactly what it was. It takes half as much room again, and llama.cpp multiplies it faster: its kernels for
 * AMX and for many rows at once know Q8_0 and not Q5_0.
 */
export function widenQ5_0(from: Uint8Array, to: Uint8Array): void {
  const blocks = from.length / Q5_0_BYTES;
  for (let block = 0, at = 0, out = 0; block < blocks; block++, at += Q5_0_BYTES, out += Q8_0_BYTES) {
    to[out] = from[at]!;
    to[out + 1] = from[at + 1]!;
    for (let j = 0; j < 16; j++) {
      const q = from[at + 6 + j]!;
      // Bit i of the four bytes is the fifth bit of value i: those of the low halves first.
      const low = (from[at + 2 + (j >> 3)]! >> (j & 7)) & 1;
      const high = (from[at + 4 + (j >> 3)]! >> (j & 7)) & 1;
      to[out + 2 + j] = ((q & 15) | (low << 4)) - 16;
      to[out + 18 + j] = ((q >> 4) | (high << 4)) - 16;
    }
  }
}
