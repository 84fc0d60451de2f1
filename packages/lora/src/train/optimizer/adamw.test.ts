import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { seededRandom } from '../batches/random.js';
import { AdamW } from './adamw.js';

test.each([1, 4, 7, 1026])('steps over %i numbers are those of the formula in 64 bits', (size) => {
  const random = seededRandom(size);
  const optimizer = new AdamW(size, { weightDecay: 0.1 });
  const values = Array.from({ length: size }, () => random.next() - 0.5);
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  optimizer.values.set(values);
  for (let step = 1; step <= 5; step++) {
    const learningRate = 0.01 / step;
    for (let i = 0; i < size; i++) optimizer.gradient[i] = (random.next() - 0.5) * 10 ** ((i % 7) - 4);
    optimizer.step(learningRate, step, 0.5);
    for (let i = 0; i < size; i++) {
      const g = 0.5 * optimizer.gradient[i]!;
      first[i] = 0.9 * first[i]! + 0.1 * g;
      second[i] = 0.999 * second[i]! + 0.001 * g * g;
      const root = Math.sqrt(second[i]! / (1 - 0.999 ** step)) + 1e-8;
      values[i] =
        values[i]! * (1 - learningRate * 0.1) - (learningRate * first[i]!) / (1 - 0.9 ** step) / root;
    }
  }
  const farthest = (found: Float32Array, wanted: ArrayLike<number>) =>
    found.reduce((worst, value, i) => Math.max(worst, Math.abs(value - wanted[i]!)), 0);
  expect(farthest(optimizer.values, values)).toBeLessThan(1e-6);
  expect(farthest(optimizer.firstMoment, first)).toBeLessThan(1e-6 * Math.max(...first.map(Math.abs)));
  expect(farthest(optimizer.secondMoment, second)).toBeLessThan(1e-6 * Math.max(...second));
});

test('the norm of a gradient of any length counts every number once', () => {
  for (const size of [1, 3, 4, 5, 8, 4097]) {
    const optimizer = new AdamW(size);
    for (let i = 0; i < size; i++) optimizer.gradient[i] = i + 1;
    const squares = (size * (size + 1) * (2 * size + 1)) / 6;
    expect(optimizer.gradientNorm()).toBeCloseTo(Math.sqrt(squares), 6);
  }
});

test('more than can be addressed is a clear error', () => {
  expect(() => new AdamW(2 ** 29)).toThrowError(expect.objectContaining({ code: 'train.memory-budget' }));
});

test('a zero gradient moves nothing and leaves no NaN', () => {
  const optimizer = new AdamW(6);
  optimizer.values.fill(0.25);
  optimizer.step(0.1, 1, 1);
  expect([...optimizer.values]).toEqual(new Array(6).fill(0.25));
});

test('steps are bit for bit those of the loops that were assembled by hand before there was vector-loops.wat', () => {
  const random = seededRandom(7);
  const optimizer = new AdamW(1026, { weightDecay: 0.1 });
  const hash = createHash('sha256');
  for (let i = 0; i < 1026; i++) optimizer.values[i] = random.next() - 0.5;
  for (let step = 1; step <= 5; step++) {
    for (let i = 0; i < 1026; i++) optimizer.gradient[i] = (random.next() - 0.5) * 10 ** ((i % 7) - 4);
    hash.update(String(optimizer.gradientNorm()));
    optimizer.step(0.01 / step, step, 0.5);
    for (const array of [optimizer.values, optimizer.firstMoment, optimizer.secondMoment])
      hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  expect(hash.digest('hex')).toBe('74dcc35095be12f5bebf5b6309fe8e03dc27ae8cdab1188a2dc77462c778eaa5');
});
