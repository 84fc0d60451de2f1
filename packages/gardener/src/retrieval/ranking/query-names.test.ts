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
  ['operator==', ['operator=='], []],
  ['how does operator== compare two polygons', ['operator=='], []],
  ['operator()', ['operator()'], []],
  ['paid?', ['paid?', 'paid'], []],
  ['where is `void!` of the order defined', ['void!', 'void'], []],
  ['clean-merged-branches', ['clean-merged-branches'], []],
  ['what does clean-merged-branches remove here', ['clean-merged-branches'], []],
  ['do', ['do'], []],
  ['id', ['id'], []],
])('%s names %j and %j', (query, symbols, paths) => {
  const names = namesInQuery(query);
  if (symbols.length > 0) expect(names.symbols).toEqual(expect.arrayContaining(symbols as string[]));
  else if (paths.length === 0) expect(names.symbols).toEqual([]);
  for (const path of paths) expect(names.paths).toContain(path);
});

it('keeps the spelling, and takes a capital in a sentence for a type that may be meant', () => {
  expect(namesInQuery('ClientSession').exact).toEqual(new Set(['ClientSession']));
  const { exact, capitalised } = namesInQuery('how the Request class tracks its state');
  expect(exact.size).toBe(0);
  expect(capitalised).toEqual(new Set(['Request']));
});

it.each([
  ['why does std::fs::read fail', ['std', 'fs', 'read']],
  ['what does Client.get default to', ['Client', 'get']],
  ["is there a default for Set#add's argument", ['Set', 'add']],
  ['what is node->next', ['node', 'next']],
])('keeps what a name is qualified by: %s', (query, parts) => {
  expect(namesInQuery(query).qualified).toEqual([parts]);
  expect(namesInQuery(query).symbols).toContain(parts.at(-1)!.toLowerCase());
});

it('qualifies nothing by the end of a sentence', () => {
  expect(namesInQuery('what is parseFile. And readFile: what is that?').qualified).toEqual([]);
});

it.each([
  ['of 100,000 characters', 'a_b/c.d '.repeat(12_500)],
  ['of one run of slashes', `${'a/'.repeat(50_000)}!`],
  ['of dots', 'a.'.repeat(50_000)],
  ['of dashes', 'a-'.repeat(50_000)],
  ['of operators', 'operator'.repeat(12_500)],
  ['of capitals', 'Aa '.repeat(33_000)],
  ['of control characters', '\u0000\u0001\u001b[31m\u0007'.repeat(10_000)],
  ['of regular expression signs', '(a+)+$[*]{2,}\\'.repeat(7_000)],
])('names few for a query %s', (_, query) => {
  const names = namesInQuery(query);
  expect(names.symbols.length + names.paths.length + names.capitalised.size).toBeLessThan(50);
});
