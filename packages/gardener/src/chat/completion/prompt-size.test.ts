import { expect, it } from 'vitest';
import { PromptSize } from './prompt-size.js';

it('is as large as can be read in a few seconds, in steps', () => {
  const size = new PromptSize();
  const first = size.tokens;
  expect([first, size.readingMs]).toEqual([512, 0]);
  // What was in memory already says nothing about reading.
  size.push({ tokens: 1_000, cachedTokens: 990, ms: 1 });
  expect(size.tokens).toBe(first);
  for (let n = 0; n < 20; n++) size.push({ tokens: 1_000, cachedTokens: 0, ms: 500 });
  expect(size.tokens).toBe(2_048);
  expect(size.readingMs).toBeCloseTo(1_024, 0);
  for (let n = 0; n < 20; n++) size.push({ tokens: 1_000, cachedTokens: 0, ms: 100_000 });
  expect(size.tokens).toBe(512);
});

it('does not change with every measurement', () => {
  const size = new PromptSize();
  const seen = new Set<number>();
  for (let n = 0; n < 50; n++) {
    size.push({ tokens: 400, cachedTokens: 0, ms: 2_000 + (n % 7) * 20 });
    seen.add(size.tokens);
  }
  expect(seen.size).toBe(1);
});
