import { expect, it } from 'vitest';
import { FirstLine } from './first-line.js';

const piece = (text: string, probability: number) => ({
  ...{ type: 'text' as const, text },
  likelihood: { tokens: 1, logProbability: Math.log(probability) },
});

it('is the mean of the first line alone', () => {
  const line = new FirstLine();
  expect(line.confidence).toBeNull();
  for (const [text, probability] of [
    ['a', 0.5],
    [' = ', 0.5],
    ['1;\n', 0.5],
    ['zebra', 0.001],
  ] as const)
    line.push(piece(text, probability));
  expect(line.confidence).toBeCloseTo(0.5);
  expect(line.isWhole).toBe(true);
});

it('goes on behind a line end at the very beginning', () => {
  const line = new FirstLine();
  line.push(piece('\n', 1));
  expect(line.isWhole).toBe(false);
  line.push(piece('  go();', 0.25));
  expect(line.confidence).toBeCloseTo(0.5);
});

it('knows nothing where the runtime tells nothing', () => {
  const line = new FirstLine();
  line.push({ type: 'text', text: 'a\n' });
  expect([line.confidence, line.isWhole]).toEqual([null, false]);
});
