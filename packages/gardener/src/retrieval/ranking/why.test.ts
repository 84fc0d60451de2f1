import { expect, it } from 'vitest';
import { namesInQuery } from './query-names.js';
import { rank } from './rank.js';
import { whyFound } from './why.js';

const base = { language: 'typescript', kind: 'function', startLine: 1, endLine: 9 };
const why = (query: string, path: string, symbol: string, text: string, similarity: number | null) => {
  const [found] = rank(query, namesInQuery(query), [
    { ...base, id: '1', path, symbol, names: [symbol], similarity, keywords: null },
  ]);
  if (found === undefined) throw new Error('not ranked');
  return whyFound(query, found, { text });
};

it('tells names, path and words of the query apart, as the query writes them', () => {
  expect(
    why('Retrying requests with backoff', 'src/http/retry-policy.ts', 'nextDelay', 'backoff(request)', 0.514),
  ).toEqual({
    definition: null,
    name: [],
    path: ['Retrying'],
    words: ['requests', 'backoff'],
    meaning: 0.51,
  });
});

it('names the definition that the query spells', () => {
  expect(why('readToken', 'src/a.ts', 'readToken', 'function readToken() {}', null)).toMatchObject({
    definition: 'readToken',
    meaning: null,
  });
});
