import { describe, expect, it } from 'vitest';
import { namesInQuery } from './query-names.js';
import { rank } from './rank.js';
import type { Candidate } from './signals.js';
import { WITHOUT_NAMES } from './weights.js';

let line = 0;
function candidate(path: string, values: Partial<Candidate> = {}): Candidate {
  line += 10;
  const symbol = values.symbol ?? '';
  return {
    id: `${path}:${line}`,
    path,
    language: 'typescript',
    kind: 'function',
    startLine: line,
    endLine: line + 9,
    symbol,
    names: symbol === '' ? [] : [symbol.split('.').at(-1) ?? symbol],
    similarity: 0.3,
    keywords: null,
    ...values,
  };
}
const ranked = (query: string, ...candidates: Candidate[]) => rank(query, namesInQuery(query), candidates);
const paths = (query: string, ...candidates: Candidate[]) =>
  ranked(query, ...candidates).map(({ path }) => path);

describe('rank', () => {
  it('lets chunks of a file support each other', () => {
    const found = paths(
      'how a pool gives connections back',
      candidate('src/a.ts', { similarity: 0.52 }),
      candidate('src/b.ts', { similarity: 0.5 }),
      candidate('src/b.ts', { similarity: 0.5 }),
      candidate('src/b.ts', { similarity: 0.49 }),
      candidate('src/c.ts', { similarity: 0.1 }),
    );
    expect(found[0]).toBe('src/b.ts');
  });

  it('lets a header and its source support each other', () => {
    const found = paths(
      'how a mutex is locked',
      candidate('src/other.h', { similarity: 0.52 }),
      candidate('src/guard.h', { similarity: 0.5 }),
      candidate('src/guard.cc', { similarity: 0.49 }),
      candidate('src/guard.cc', { similarity: 0.48 }),
      candidate('src/far.cc', { similarity: 0.1 }),
    );
    expect(found[0]).toBe('src/guard.h');
  });

  it('names many files first and keeps a chunk that is far better than the next file', () => {
    const found = paths(
      'connections',
      ...Array.from({ length: 8 }, (_, i) => candidate('src/large.ts', { similarity: 0.6 - i / 100 })),
      candidate('src/other.ts', { similarity: 0.5 }),
      candidate('src/third.ts', { similarity: 0.49 }),
      candidate('src/far.ts', { similarity: 0.05 }),
    );
    expect(new Set(found.slice(0, 4)).size).toBeGreaterThanOrEqual(3);
    expect(found.indexOf('src/far.ts')).toBeGreaterThan(4);
  });

  it('puts the definition of a name before what only uses it, its own spelling first', () => {
    const found = ranked(
      'Engine',
      candidate('src/run.ts', { symbol: 'runEngine', similarity: 0.9 }),
      candidate('src/engine.ts', { symbol: 'engine', similarity: 0.5 }),
      candidate('src/core.ts', { symbol: 'Engine', kind: 'class', similarity: 0.2 }),
    );
    expect(found[0]?.path).toBe('src/core.ts');
    expect(found[0]?.definition?.name).toBe('Engine');
  });

  it('finds a small declaration by its name although it shares a chunk with others', () => {
    const found = paths(
      'ClientOSError',
      candidate('src/use.py', { symbol: 'handle', similarity: 0.8 }),
      candidate('src/errors.py', {
        kind: 'module',
        names: ['ClientError', 'ClientOSError'],
        similarity: 0.1,
      }),
    );
    expect(found[0]).toBe('src/errors.py');
  });

  it.each([
    ['operator==', 'operator=='],
    ['paid?', 'paid?'],
    ['void!', 'void!'],
    ['clean-merged-branches', 'clean-merged-branches'],
    ['do', 'do'],
  ])('finds %s by its exact spelling', (query, name) => {
    const found = paths(
      query,
      candidate('src/near.rb', { symbol: name.replace(/\W/g, ''), similarity: 0.9 }),
      candidate('src/exact.rb', { names: [name], symbol: `Order.${name}`, kind: 'method', similarity: 0.2 }),
    );
    expect(found[0]).toBe(/\W/.test(name) ? 'src/exact.rb' : 'src/near.rb');
  });

  it.each([
    ['what does Client.get default timeout to', 'Client.get'],
    ['what does Client::get default timeout to', 'Client.get'],
    ['what does AsyncClient.get default timeout to', 'AsyncClient.get'],
    ['what does httpx.Client.get default timeout to', 'Client.get'],
    // A variable called as its class.
    ['what does client.get() default timeout to', 'Client.get'],
    // A function of a module.
    ['what does api.get default timeout to', 'get'],
    // What no candidate is in says nothing.
    ['what does session.get default timeout to', 'AsyncClient.get'],
  ])('prefers the declaration that the query qualifies: %s', (query, symbol) => {
    const method = (name: string, similarity: number) =>
      candidate('httpx/_client.py', { symbol: name, kind: 'method', similarity });
    const found = ranked(
      query,
      method('AsyncClient.get', 0.55),
      method('Client.get', 0.5),
      candidate('httpx/api.py', { symbol: 'get', similarity: 0.45 }),
      candidate('httpx/far.py', { similarity: 0 }),
    );
    expect(found[0]?.symbol).toBe(symbol);
  });

  it('puts tests below the code unless the query asks for them', () => {
    const both = () => [
      candidate('src/retry.test.ts', { similarity: 0.6 }),
      candidate('src/retry.ts', { similarity: 0.5 }),
      candidate('src/far.ts', { similarity: 0.1 }),
    ];
    expect(paths('retry with backoff', ...both())[0]).toBe('src/retry.ts');
    expect(paths('how is retry with backoff tested', ...both())[0]).toBe('src/retry.test.ts');
  });

  it('lifts the file that is called by what the query says', () => {
    const found = paths(
      'radix tree path matching',
      candidate('src/router.go', { similarity: 0.55 }),
      candidate('src/tree.go', { similarity: 0.5 }),
      candidate('src/x.go', { similarity: 0.1 }),
    );
    expect(found[0]).toBe('src/tree.go');
  });

  it('ranks by meaning and words alone where names take no part', () => {
    const one = candidate('src/tree.test.go', { similarity: 0.6, keywords: 4 });
    const found = rank(
      'tree',
      namesInQuery('tree'),
      [candidate('src/tree.go', { similarity: 0.5, keywords: 3 }), one],
      WITHOUT_NAMES,
    );
    expect(found[0]?.id).toBe(one.id);
  });

  it('gives nothing for nothing, and what there is for a query without words', () => {
    expect(ranked('anything')).toEqual([]);
    expect(paths('?!', candidate('a.ts'), candidate('b.ts'))).toHaveLength(2);
  });
});
