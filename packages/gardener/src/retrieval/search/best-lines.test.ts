import { expect, it } from 'vitest';
import { bestLines } from './best-lines.js';

const text = ['function open() {', '  a();', '', '  // retries with backoff', '  wait(delay);', '}'].join(
  '\n',
);

it('takes the stretch that says most of what is asked', () => {
  expect(bestLines('retry with a growing delay', { startLine: 10, text }, 2)).toEqual({
    startLine: 13,
    endLine: 14,
    text: '  // retries with backoff\n  wait(delay);',
  });
});

it('takes the beginning where nothing is said, and all where there is room', () => {
  expect(bestLines('unrelated', { startLine: 1, text }, 2).startLine).toBe(1);
  expect(bestLines('retry', { startLine: 1, text }, 20)).toEqual({ startLine: 1, endLine: 6, text });
  expect(bestLines('x', { startLine: 3, text: '' }, 4)).toEqual({ startLine: 3, endLine: 3, text: '' });
});
