import { float32ToFloat16 } from './float16.js';
import { dequantizeQ2K, dequantizeQ3K, dequantizeQ4K, dequantizeQ5K, dequantizeQ6K } from './k-quants.js';
import {
  dequantizeQ4_0,
  dequantizeQ4_1,
  dequantizeQ5_0,
  dequantizeQ5_1,
  dequantizeQ8_0,
  quantizeQ8_0,
} from './legacy-quants.js';
import { copyFloat32, decodeBfloat16, decodeFloat16 } from './plain-formats.js';
import { quantizeQ4K, quantizeQ5K, quantizeQ6K } from './quantize-k.js';
import { quantizeQ4_0, quantizeQ4_1, quantizeQ5_0, quantizeQ5_1 } from './quantize-legacy.js';
import { dequantizeIQ4NL, dequantizeIQ4XS, dequantizeMXFP4 } from './table-quants.js';

/**
 * Writes `blocks` blocks as float32 to `target[offset ...]`.
 * @param bytes starts at the first block; holds at least `blocks * bytesPerBlock` bytes
 * @param offset index in `target`, in elements
 */
export type Dequantize = (bytes: Uint8Array, target: Float32Array, offset: number, blocks: number) => void;

/** The inverse: encodes `blocks` blocks from `values[offset ...]` into `target`, from its start. */
export type Quantize = (values: Float32Array, offset: number, target: Uint8Array, blocks: number) => void;

/** How a storage type lays out numbers: blocks of `blockSize` elements in `bytesPerBlock` bytes. */
export interface BlockFormat {
  /** Elements in a block; a row's length is a multiple of it. */
  readonly blockSize: number;
  readonly bytesPerBlock: number;
  readonly dequantize: Dequantize;
  /** Present for the types that this package writes. */
  readonly quantize?: Quantize;
}

/**
 * The storage types that can be read, by GGML's names. Layouts after ggml-common.h; each dequantised value is
 * rounded once, to float32, so it equals the reference's bit for bit.
 * All stored numbers are little-endian, and so is every platform for which ONNX Runtime ships a Node binary:
 * F32 is therefore copied, not converted.
 */
export const BLOCK_FORMATS: ReadonlyMap<string, BlockFormat> = new Map<string, BlockFormat>([
  ['F32', { blockSize: 1, bytesPerBlock: 4, dequantize: copyFloat32, quantize: storeFloat32 }],
  ['F16', { blockSize: 1, bytesPerBlock: 2, dequantize: decodeFloat16, quantize: storeFloat16 }],
  ['BF16', { blockSize: 1, bytesPerBlock: 2, dequantize: decodeBfloat16 }],
  ['Q4_0', { blockSize: 32, bytesPerBlock: 18, dequantize: dequantizeQ4_0, quantize: quantizeQ4_0 }],
  ['Q4_1', { blockSize: 32, bytesPerBlock: 20, dequantize: dequantizeQ4_1, quantize: quantizeQ4_1 }],
  ['Q5_0', { blockSize: 32, bytesPerBlock: 22, dequantize: dequantizeQ5_0, quantize: quantizeQ5_0 }],
  ['Q5_1', { blockSize: 32, bytesPerBlock: 24, dequantize: dequantizeQ5_1, quantize: quantizeQ5_1 }],
  ['Q8_0', { blockSize: 32, bytesPerBlock: 34, dequantize: dequantizeQ8_0, quantize: quantizeQ8_0 }],
  ['Q2_K', { blockSize: 256, bytesPerBlock: 84, dequantize: dequantizeQ2K }],
  ['Q3_K', { blockSize: 256, bytesPerBlock: 110, dequantize: dequantizeQ3K }],
  ['Q4_K', { blockSize: 256, bytesPerBlock: 144, dequantize: dequantizeQ4K, quantize: quantizeQ4K }],
  ['Q5_K', { blockSize: 256, bytesPerBlock: 176, dequantize: dequantizeQ5K, quantize: quantizeQ5K }],
  ['Q6_K', { blockSize: 256, bytesPerBlock: 210, dequantize: dequantizeQ6K, quantize: quantizeQ6K }],
  ['IQ4_NL', { blockSize: 32, bytesPerBlock: 18, dequantize: dequantizeIQ4NL }],
  ['IQ4_XS', { blockSize: 256, bytesPerBlock: 136, dequantize: dequantizeIQ4XS }],
  ['MXFP4', { blockSize: 32, bytesPerBlock: 17, dequantize: dequantizeMXFP4 }],
]);

function storeFloat32(values: Float32Array, offset: number, target: Uint8Array, blocks: number): void {
  target.set(new Uint8Array(values.buffer, values.byteOffset + offset * 4, blocks * 4));
}

function storeFloat16(values: Float32Array, offset: number, target: Uint8Array, blocks: number): void {
  for (let i = 0; i < blocks; i++) {
    const bits = float32ToFloat16(values[offset + i]!);
    target[2 * i] = bits;
    target[2 * i + 1] = bits >> 8;
  }
}
