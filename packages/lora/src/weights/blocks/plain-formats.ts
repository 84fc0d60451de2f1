import { FLOAT16_VALUES } from './float16.js';

/** F32: little-endian float32, copied. */
export function copyFloat32(bytes: Uint8Array, target: Float32Array, offset: number, blocks: number): void {
  const view = new Uint8Array(target.buffer, target.byteOffset + offset * 4, blocks * 4);
  view.set(bytes.subarray(0, blocks * 4));
}

/** F16: IEEE 754 binary16. */
export function decodeFloat16(bytes: Uint8Array, target: Float32Array, offset: number, blocks: number): void {
  for (let i = 0; i < blocks; i++) {
    target[offset + i] = FLOAT16_VALUES[bytes[2 * i]! | (bytes[2 * i + 1]! << 8)]!;
  }
}

/** BF16: the upper half of a float32. */
export function decodeBfloat16(
  bytes: Uint8Array,
  target: Float32Array,
  offset: number,
  blocks: number,
): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset + offset * 4, blocks);
  for (let i = 0; i < blocks; i++) bits[i] = (bytes[2 * i]! << 16) | (bytes[2 * i + 1]! << 24);
}
