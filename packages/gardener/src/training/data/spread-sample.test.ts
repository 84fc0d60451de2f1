import type { SupervisedExample } from '@codebase-gardener/lora';
import { expect, test } from 'vitest';
import { countTokens } from './count-tokens.js';
import { spreadSample } from './spread-sample.js';

const examples = Array.from({ length: 40 }, (_, i): SupervisedExample => {
  const tokens = Int32Array.from({ length: 50 + (i % 5) * 25 }, () => i);
  return { tokens, supervised: new Uint8Array(tokens.length).fill(1) };
});

test.each([500, 1_000, 2_500])('of %d tokens it comes from all parts of the list', (maxTokens) => {
  const sample = spreadSample(examples, maxTokens);
  expect(countTokens(sample)).toBeLessThanOrEqual(maxTokens);
  expect(countTokens(sample)).toBeGreaterThan(maxTokens * 0.6);
  for (const part of [0, 10, 20, 30]) {
    const of = sample.filter(({ tokens }) => Math.floor((tokens[0] ?? 0) / 10) * 10 === part);
    expect(of.length, `from ${part}`).toBeGreaterThan(0);
  }
});

test('is the list where all of it fits', () => {
  expect(spreadSample(examples, countTokens(examples))).toEqual(examples);
  expect(spreadSample([], 100)).toEqual([]);
});
