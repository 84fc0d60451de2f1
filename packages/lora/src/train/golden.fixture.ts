import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Example } from './batches/example.js';

const ROOT = new URL('../../fixtures/golden/', import.meta.url);

/** Path of a file made by the golden scripts. */
export function goldenPath(name: string): string {
  return fileURLToPath(new URL(name, ROOT));
}

/** A JSON file made by the golden scripts. */
export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(goldenPath(name), 'utf8')) as T;
}

/** The tensors of a golden safetensors file: float32, int32 or uint8, little-endian, read without our own reader. */
export function goldenTensors(
  name: string,
): Map<string, { shape: number[]; data: Float32Array | Int32Array | Uint8Array }> {
  const bytes = readFileSync(goldenPath(name));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const arrays = { F32: Float32Array, I32: Int32Array, U8: Uint8Array };
  return new Map(
    Object.entries(header)
      .filter(([tensor]) => tensor !== '__metadata__')
      .map(
        ([
          tensor,
          {
            dtype,
            shape,
            data_offsets: [from, to],
          },
        ]) => {
          const start = 8 + headerLength;
          const copy = new Uint8Array(bytes.subarray(start + from, start + to)).buffer;
          return [tensor, { shape, data: new arrays[dtype as keyof typeof arrays](copy) }];
        },
      ),
  );
}

/** The token rows of a golden file with their loss masks. */
export function goldenExamples(tensors: ReturnType<typeof goldenTensors>): Example[] {
  const { shape, data } = tensors.get('tokens')!;
  const supervised = tensors.get('supervised')!.data as Uint8Array;
  const length = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, row) => ({
    tokens: (data as Int32Array).slice(row * length, (row + 1) * length),
    supervised: supervised.slice(row * length, (row + 1) * length),
  }));
}

/** Largest difference of two tensors, relative to the reference's Euclidean norm. */
export function relativeError(actual: ArrayLike<number>, reference: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < reference.length; i++) {
    difference += (actual[i]! - reference[i]!) ** 2;
    norm += reference[i]! ** 2;
  }
  return actual.length === reference.length ? Math.sqrt(difference / norm) : Number.POSITIVE_INFINITY;
}
