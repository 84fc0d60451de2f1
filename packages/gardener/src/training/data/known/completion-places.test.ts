import { expect, it } from 'vitest';
import { NO_REASON } from '../../../retrieval/ranking/why.js';
import type { SearchResult } from '../../../retrieval/search/search.js';
import { chunkedFile } from '../codebase.fixture.js';
import type { HeldOutFile } from '../split/held-out.js';
import { completionPlaces } from './completion-places.js';

const text =
  'def total(prices):\n    sum = 0\n    for price in prices:\n        sum += price\n    return sum\n';
const file = chunkedFile('src/total.py', [text.trimEnd()]);
const heldOut = (before: string, filling: string): HeldOutFile => ({
  ...{ path: 'src/total.py', examples: [], before: [], lines: [] },
  gaps: [
    {
      ...{ kind: 'line' as const, text: filling, start: 1, end: 2 },
      example: { tokens: Int32Array.of(1, 2), supervised: Uint8Array.of(0, 1) },
      gap: {
        before,
        after: '',
        place: { repository: 'shop', path: 'src/total.py', files: [], comments: '' },
      },
    },
  ],
});
const found = (path: string) =>
  ({
    chunk: { ...chunkedFile(path, ['def price():\n    return 1']).chunks[0], path },
    ...{
      score: 1,
      vectorRank: 1,
      keywordRank: null,
      why: NO_REASON,
      dependencies: { symbols: [], files: [] },
    },
  }) as SearchResult;
const options = {
  ...{ repository: 'shop', contextTokens: 1_000, count: 10 },
  countTokens: (part: string) => Math.ceil(part.length / 4),
  search: async () => [found('src/total.py'), found('src/price.py')],
};

it('asks as the product does: the file around the place, with code of other files and without', async () => {
  const [place] = await completionPlaces(
    [heldOut('    for price in prices:\n', '        sum += price')],
    [file],
    options,
  );
  expect(place).toMatchObject({ path: 'src/total.py', text: '        sum += price' });
  expect(place?.alone.prompt).toBe('def total(prices):\n    sum = 0\n    for price in prices:\n');
  expect(place?.alone.suffix).toContain('return sum');
  expect(place?.retrieved.place.files.map(({ path }) => path)).toEqual(['src/price.py']);
  expect(place?.alone.place.files).toEqual([]);
});

it('leaves out a gap whose surroundings are not in the file', async () => {
  expect(await completionPlaces([heldOut('nowhere\n', 'x')], [file], options)).toEqual([]);
});
