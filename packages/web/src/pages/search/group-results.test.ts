import { expect, test } from 'vitest';
import type { SearchResult } from '../../api/types.js';
import { groupByFile } from './group-results.js';

const result = (path: string, startLine: number) => ({ path, startLine }) as SearchResult;

test('files stand in the order of their best result, and count on through all that is shown', () => {
  const groups = groupByFile([
    result('b', 1),
    result('a', 5),
    result('b', 9),
    result('c', 2),
    result('a', 1),
  ]);
  expect(
    groups.map(({ path, first, results }) => [path, first, results.map((one) => one.startLine)]),
  ).toEqual([
    ['b', 0, [1, 9]],
    ['a', 2, [5, 1]],
    ['c', 4, [2]],
  ]);
  expect(groupByFile([])).toEqual([]);
});
