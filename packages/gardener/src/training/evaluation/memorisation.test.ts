import type { ExampleScore } from '@codebase-gardener/lora';
import { expect, it } from 'vitest';
import { countVerbatim, trainedPassages } from './memorisation.js';

const row = (first: number, length: number, given: number) => ({
  tokens: Int32Array.from({ length }, (_, i) => first + i),
  supervised: new Uint8Array(length).fill(1, given),
});

it('takes passages of rows that are learned, one a row, the same by the same seed', () => {
  const train = Array.from({ length: 40 }, (_, i) => row(i * 1_000, 256, 8));
  const passages = trainedPassages(train, 1);
  expect(passages).toHaveLength(20);
  for (const { tokens, supervised } of passages) {
    expect([...supervised]).toEqual([...new Array(50).fill(0), ...new Array(50).fill(1)]);
    const first = tokens[0] ?? -1;
    expect([...tokens]).toEqual(Array.from({ length: 100 }, (_, i) => first + i));
  }
  expect(new Set(passages.map(({ tokens }) => Math.floor((tokens[0] ?? 0) / 1_000))).size).toBe(20);
  expect(trainedPassages(train, 1)).toEqual(passages);
});

it('rows that are short, or of which only an answer is learned, give none', () => {
  expect(trainedPassages([row(0, 90, 0), row(0, 256, 250)], 1)).toEqual([]);
});

it('counts what would be written word for word', () => {
  const score = (wrong: number | null): ExampleScore => {
    const top1Correct = new Uint8Array(100).fill(1, 50);
    if (wrong !== null) top1Correct[wrong] = 0;
    return { top1Correct, nll: new Float32Array(100), top1: new Int32Array(100) };
  };
  expect(countVerbatim([score(null), score(99), score(50), score(null)])).toBe(2);
});
