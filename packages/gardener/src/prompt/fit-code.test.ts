import { expect, it } from 'vitest';
import { NO_REASON } from '../retrieval/ranking/why.js';
import type { SearchResult } from '../retrieval/search/search.js';
import { chunkBlock } from './chunk-block.js';
import { fitCode } from './fit-code.js';

const count = async (text: string) => (text.match(/\w+|[^\w\s]|\n/g) ?? []).length;
const ROOM = 10_000;

function result(path: string, text: string, score: number): SearchResult {
  return {
    chunk: {
      ...{ id: path, path, startLine: 11, endLine: 10 + text.split('\n').length, language: 'python', text },
      ...{ symbol: null, names: [], kind: 'function', signature: null, docstring: null, imports: [] },
      ...{ complexity: 1, quality: { score: 1, reasons: [] } },
    },
    ...{ score, vectorRank: null, keywordRank: null, why: NO_REASON },
    dependencies: { symbols: [], files: [] },
  };
}

/** Forty lines of which one is another. */
const withLine = (line: string, at: number) =>
  Array.from({ length: 40 }, (_, n) => (n === at ? line : `step_${n}()`)).join('\n');

it('shows the best results whole and of the others the lines that are asked for', async () => {
  const results = [1, 2, 3, 4].map((n) => result(`${n}.py`, withLine(`retry_limit = ${n}`, 30), 1 / n));
  const { used } = await fitCode('What is the retry limit?', results, ROOM, count);
  expect(used.map(({ chunk }) => [chunk.startLine, chunk.endLine])).toEqual([
    [11, 50],
    [11, 50],
    [expect.any(Number), expect.any(Number)],
    [expect.any(Number), expect.any(Number)],
  ]);
  const passage = used[3]?.chunk;
  expect(passage?.text).toContain('retry_limit = 4');
  expect(passage?.text.split('\n')).toHaveLength((passage?.endLine ?? 0) - (passage?.startLine ?? 0) + 1);
  expect(passage?.text.split('\n').length).toBeLessThan(40);
});

it('takes of the further results those whose lines have most of the question', async () => {
  const results = Array.from({ length: 24 }, (_, n) =>
    result(`${n}.py`, withLine(n === 23 ? 'timeout = os.environ["HTTP_TIMEOUT"]' : 'pass', 20), 1 - n / 100),
  );
  const { used } = await fitCode('Which environment variable sets the timeout?', results, ROOM, count);
  expect(used.map(({ chunk }) => chunk.path)).toContain('23.py');
  expect(used.length).toBeLessThan(24);
});

it('shortens what does not fit to the lines that are asked for, with their numbers', async () => {
  const results = [result('long.py', withLine('raise TooManyRedirects(limit)', 33), 1)];
  const { used, tokens } = await fitCode('Which error is raised for too many redirects?', results, 60, count);
  const chunk = used[0]?.chunk;
  expect(chunk?.text).toContain('TooManyRedirects');
  expect(chunk?.text.split('\n')[44 - (chunk?.startLine ?? 0)]).toBe('raise TooManyRedirects(limit)');
  expect(tokens).toBeLessThanOrEqual(60);
  expect((await fitCode('Which error?', results, 8, count)).used).toEqual([]);
});

it('says whose lines they are where they do not say it themselves', async () => {
  const part = result('a.py', 'return limit', 1);
  part.chunk.symbol = 'Client.send';
  const { used } = await fitCode('What is the limit?', [part], ROOM, count);
  expect(used.map(({ chunk }) => chunkBlock(chunk))).toEqual([
    'a.py:11-11, in Client.send\n```python\nreturn limit\n```',
  ]);
  expect(chunkBlock({ ...part.chunk, text: 'def send(self):' })).toContain('a.py:11-11\n');
});
