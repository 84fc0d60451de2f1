import { expect, test } from 'vitest';
import { countNewLines, lineHashes } from './line-hashes.js';

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `  const value${from + index} = ${from + index};`).join(
    '\n',
  );

test('counts lines that are new or changed, whatever else has moved', () => {
  const before = lineHashes(lines(0, 2_000));
  expect(countNewLines(lines(0, 2_000), before)).toEqual({ changed: 0, lines: 2_000 });
  expect(countNewLines(`${lines(1_000, 2_000)}\n\n${lines(0, 1_000)}`, before).changed).toBe(0);
  expect(countNewLines(lines(0, 2_000).replace('value7 =', 'renamed ='), before).changed).toBe(1);
  expect(countNewLines(lines(0, 1_500), before).changed).toBe(0);
  const { changed } = countNewLines(lines(0, 3_000), before);
  expect(changed).toBeGreaterThan(995);
  expect(changed).toBeLessThanOrEqual(1_000);
});

test('of a new file every line is new, and a line that is there once more as well', () => {
  expect(countNewLines('a\n\n  b\n', undefined)).toEqual({ changed: 2, lines: 2 });
  expect(countNewLines('a\na\na\n', lineHashes('a\na\n'))).toEqual({ changed: 1, lines: 3 });
});
