import { expect, it } from 'vitest';
import { namesInQuery } from './query-names.js';

it.each([
  ['where is readToken used', ['readtoken'], []],
  ['how does it parse a file', [], []],
  ['parse', ['parse'], []],
  ['what does parse() return here', ['parse'], []],
  ['what does `parse` return here', ['parse'], []],
  ['the method Parser.readToken of the class', ['readtoken'], []],
  ['why does std::fs::read fail today', ['read'], []],
  ['what is in src/retrieval/store.ts now', [], ['src/retrieval/store.ts']],
  ['the file .\\src\\store.ts in this folder', [], ['src/store.ts']],
  ['explain store.ts to me please', [], ['store.ts']],
])('%s names %j and %j', (query, symbols, paths) => {
  const names = namesInQuery(query);
  if (symbols.length > 0) expect(names.symbols).toEqual(expect.arrayContaining(symbols as string[]));
  else if (paths.length === 0) expect(names.symbols).toEqual([]);
  for (const path of paths) expect(names.paths).toContain(path);
});

it('stays small and quick for a hostile query', () => {
  const started = performance.now();
  const names = namesInQuery('a_b/c.d '.repeat(50_000));
  expect(names.symbols.length + names.paths.length).toBeLessThan(40);
  namesInQuery(`${'a/'.repeat(50_000)}!`);
  namesInQuery('a.'.repeat(50_000));
  namesInQuery('a-'.repeat(50_000));
  expect(performance.now() - started).toBeLessThan(2_000);
});
