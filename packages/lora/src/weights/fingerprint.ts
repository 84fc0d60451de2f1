import { createHash } from 'node:crypto';
import { BLOCK_FORMATS } from './blocks/block-formats.js';
import type { TensorInfo, WeightSource } from './weight-source.js';

/** Rows of a matrix that are looked at, from the first to the last. */
const SAMPLED_ROWS = 4;

/**
 * Tells weights from others of the same shapes, without reading gigabytes: a hash of the table of tensors, of all
 * vectors and of a few rows of every matrix. Two models trained differently differ nearly everywhere; files that
 * differ only between the samples have the same fingerprint.
 * @returns sha256, hex; the same for the same weights wherever they lie
 */
export async function fingerprint(weights: WeightSource): Promise<string> {
  const hash = createHash('sha256');
  for (const tensor of weights.tensors.values()) {
    hash.update(JSON.stringify([tensor.name, tensor.type, tensor.shape]));
    hash.update(await sampleOf(weights, tensor));
  }
  return hash.digest('hex');
}

/** Values of a tensor; none of one that cannot be read, which no model uses either. */
async function sampleOf(weights: WeightSource, { name, type, shape }: TensorInfo): Promise<Uint8Array> {
  const [first = 0, second] = shape;
  if (!BLOCK_FORMATS.has(type) || shape.length === 0 || shape.length > 2) return new Uint8Array();
  const values =
    second === undefined
      ? await weights.readFloat32(name)
      : await weights.readRowsFloat32(name, sampledRows(first));
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function sampledRows(count: number): Int32Array {
  if (count === 0) return new Int32Array();
  const at = (i: number) => Math.floor((i * (count - 1)) / (SAMPLED_ROWS - 1));
  return Int32Array.from(new Set(Array.from({ length: SAMPLED_ROWS }, (_, i) => at(i))));
}
