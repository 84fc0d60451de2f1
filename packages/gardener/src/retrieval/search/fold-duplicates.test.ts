import { expect, it } from 'vitest';
import type { Chunk } from '../../codebase/chunk/chunk.js';
import { namesInQuery } from '../ranking/query-names.js';
import { foldDuplicates } from './fold-duplicates.js';

const BODY = `
        """
        Send a request.

        **Parameters**: See the documentation of the request function for the parameters of this method.
        """
        return self.request("GET", url, params=params, headers=headers, cookies=cookies, auth=auth,
            follow_redirects=follow_redirects, timeout=timeout, extensions=extensions)`;

function found(path: string, symbol: string | null, score: number, text = `def get(self, url):${BODY}`) {
  return { chunk: { path, symbol, text } as Chunk, ranked: { score } };
}
const folded = (query: string, items: ReturnType<typeof found>[], limit = 10) =>
  foldDuplicates(query, namesInQuery(query), items, limit).map(
    ({ chunk, ranked }) => `${chunk.path} ${chunk.symbol} ${ranked.score}`,
  );

const asynchronous = found('httpx/_client.py', 'AsyncClient.get', 0.9);
const other = found('httpx/_models.py', 'Response.read', 0.8, 'def read(self): return self._content');
const synchronous = found('httpx/_client.py', 'Client.get', 0.7);
const all = [asynchronous, other, synchronous];
const FIRST = ['httpx/_client.py AsyncClient.get 0.9', 'httpx/_models.py Response.read 0.8'];
const SECOND = ['httpx/_client.py Client.get 0.9', 'httpx/_models.py Response.read 0.8'];

it.each([
  ['what does Client.get default timeout to', SECOND],
  ['what does Client::get default timeout to', SECOND],
  ['what does Client#get default timeout to', SECOND],
  ['what does Client->get default timeout to', SECOND],
  ['when timeout is left out, what does get of the client assume?', SECOND],
  ['what does AsyncClient.get default timeout to', FIRST],
  ['when timeout is left out, what does get of the async client assume?', FIRST],
  ['what does get default timeout to', FIRST],
])('keeps the one that is asked for: %s', (query, expected) => {
  expect(folded(query, all)).toEqual(expected);
});

it('keeps both where both are spelled', () => {
  expect(folded('how do Client.get and AsyncClient.get differ', all)).toEqual([
    'httpx/_client.py AsyncClient.get 0.9',
    'httpx/_models.py Response.read 0.8',
    'httpx/_client.py Client.get 0.7',
  ]);
});

it('keeps the one in the file that the query names', () => {
  const copies = [
    found('a/get.py', 'get', 0.9),
    found('b/get.py', 'get', 0.8),
    found('c/get.py', 'get', 0.7),
  ];
  expect(folded('what is the timeout in b/get.py', copies)).toEqual(['b/get.py get 0.9']);
  expect(folded('get', copies)).toEqual(['a/get.py get 0.9']);
});

it('keeps the one that is asked for although there is no room for more', () => {
  expect(folded('what does Client.get default timeout to', all, 1)).toEqual([SECOND[0]]);
});

it('leaves alone what differs', () => {
  const texts = ['alpha beta gamma delta', 'one two three four', 'x', ''];
  const items = texts.map((text, i) => found(`${i}.py`, null, 1 - i / 10, text));
  expect(folded('anything', items)).toHaveLength(4);
});
