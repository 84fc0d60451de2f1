import { expect, test } from 'vitest';
import { choosePrecision } from './choose-precision.js';
import { type IntegerProduct, largestExactWeight } from './integer-products.js';

/** A CPU that adds pairs of products in so many bits, as AVX2's vpmaddubsw does in 16. */
const adding =
  (bits: number): IntegerProduct =>
  (activations, weights, { rows, inner, columns }) => {
    const most = 2 ** (bits - 1) - 1;
    const sums = Float32Array.from({ length: rows * columns }, (_, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      const term = (i: number) => activations[row * inner + i]! * weights[i * columns + column]!;
      let sum = 0;
      for (let i = 0; i < inner; i += 2) sum += Math.max(-most - 1, Math.min(most, term(i) + term(i + 1)));
      return sum;
    });
    return Promise.resolve(sums);
  };

test('weights keep as many bits as the sums of pairs have room for', async () => {
  expect(await largestExactWeight(adding(32))).toBe(127);
  expect(await largestExactWeight(adding(16))).toBe(64);
  expect(await largestExactWeight(adding(15))).toBeNull();
});

test('on this machine the answer is one of the known ones', async () => {
  expect([127, 64]).toContain(await largestExactWeight());
});

const cpu = (largest: number | null) => () => Promise.resolve(largest);

test('the CPU decides', async () => {
  const vnni = await choosePrecision('auto', undefined, cpu(127));
  expect(vnni).toMatchObject({ precision: 'int8', largestWeightCode: 127 });
  const older = await choosePrecision('auto', undefined, cpu(64));
  expect(older).toMatchObject({ precision: 'int8', largestWeightCode: 64 });
  expect(older.reason).toContain('7 bits');
  expect(await choosePrecision('auto', undefined, cpu(null))).toMatchObject({ precision: 'float32' });
  expect(await choosePrecision('auto', 127, cpu(64))).toMatchObject({ precision: 'float32' });
});

test('what was asked for is kept, unless the results would be wrong', async () => {
  expect(await choosePrecision('float32', undefined, cpu(127))).toMatchObject({ precision: 'float32' });
  expect(await choosePrecision('int8', 64, cpu(127))).toMatchObject({
    precision: 'int8',
    largestWeightCode: 64,
  });
  expect(await choosePrecision('int8', undefined, cpu(64))).toMatchObject({ largestWeightCode: 64 });
  const inexact = { code: 'train.inexact-products' };
  await expect(choosePrecision('int8', 127, cpu(64))).rejects.toMatchObject(inexact);
  await expect(choosePrecision('int8', undefined, cpu(null))).rejects.toMatchObject(inexact);
});
