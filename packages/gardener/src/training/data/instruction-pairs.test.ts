import { expect, it } from 'vitest';
import type { Chunk } from '../../codebase/chunk/chunk.js';
import { instructionPairs } from './instruction-pairs.js';

const chunk = (symbol: string, changes: Partial<Chunk> = {}): Chunk => ({
  ...{
    id: symbol,
    path: `src/${symbol}.py`,
    startLine: 4,
    endLine: 7,
    language: 'python',
    symbol,
    kind: 'function',
  },
  signature: `def ${symbol}(text, limit=10):`,
  docstring: 'Cuts a text into pieces of at most ten words.\n\nMore about it.',
  ...{ names: [symbol], imports: [], complexity: 1, quality: { score: 1, reasons: [] } },
  text: `def ${symbol}(text, limit=10):\n    return text.split()[:limit]\n`,
  ...changes,
});

it('a place is only named where the code that tells is given', () => {
  for (const variant of [0, 1, 2, 3, 4, 5]) {
    for (const { question, answer } of instructionPairs(chunk('pieces'), variant, chunk('other'))) {
      if (/line \d|\.py/.test(answer)) expect(question).toContain('src/pieces.py:4-7');
    }
  }
});

it('the same question under other code is answered by saying that the code does not tell', () => {
  const pairs = instructionPairs(chunk('pieces'), 0, chunk('other'));
  const untold = pairs.find(({ answer }) => answer.includes('does not tell'));
  expect(untold?.question).toContain('src/other.py');
  expect(untold?.question).not.toContain('src/pieces.py');
  const telling = chunk('other', { text: 'def other():\n    return pieces("a b")\n' });
  expect(
    instructionPairs(chunk('pieces'), 0, telling).some(({ answer }) => answer.includes('not tell')),
  ).toBe(false);
});

it('gives no code blocks to learn, and of a long chunk only what fits into a row', () => {
  const long = chunk('long', {
    text: `def long():\n${'    value = compute_something(value)\n'.repeat(60)}`,
    endLine: 65,
  });
  for (const { question, answer } of instructionPairs(long, 0, null)) {
    expect(answer).not.toContain('```');
    expect(question.length).toBeLessThan(700);
  }
  expect(instructionPairs(chunk('none', { symbol: null }), 0, null)).toEqual([]);
});
