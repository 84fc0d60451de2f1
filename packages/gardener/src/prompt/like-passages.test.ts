import { expect, it } from 'vitest';
import { NO_REASON } from '../retrieval/ranking/why.js';
import type { SearchResult } from '../retrieval/search/search.js';
import { makeChunk } from '../retrieval/store/chunks.fixture.js';
import { likePassages } from './like-passages.js';

function found(path: string, text: string): SearchResult {
  const chunk = makeChunk({ path, text, startLine: 11 });
  const nothing = { why: NO_REASON, dependencies: { symbols: [], files: [] } };
  return { chunk, score: 1, vectorRank: 1, keywordRank: null, ...nothing };
}

const filler = (count: number) => Array.from({ length: count }, (_, n) => `note(${n})`).join('\n');

it('takes the lines that are like those before the place, and what follows them', () => {
  const text = `${filler(20)}\nconst cart = openCart(user)\ncart.add(item)\ncart.add(gift)\ncart.total()\nreturn cart\n${filler(20)}`;
  const [passage, ...others] = likePassages('x\ny\nconst cart = openCart(owner)\ncart.add(book)\n', [
    found('shop.ts', text),
  ]);
  expect(others).toEqual([]);
  expect(passage?.chunk.text).toContain('const cart = openCart(user)\ncart.add(item)');
  expect(passage?.chunk.text).toContain('return cart');
  const lines = passage!.chunk.text.split('\n');
  expect(lines.length).toBe(8);
  expect(passage!.chunk.startLine).toBe(11 + text.split('\n').indexOf(lines[0]!));
  expect(passage!.chunk.endLine).toBe(passage!.chunk.startLine + 7);
});

it('puts the most alike first, by the words that few have, and leaves out what has none of them', () => {
  const before = 'return parseInvoice(text)\n';
  const results = [
    found('a.ts', 'return render(text)'),
    found('b.ts', 'return parseInvoice(body)'),
    found('c.ts', 'unrelated()'),
    found('d.ts', 'return load(text)'),
  ];
  const shown = likePassages(before, results).map(({ chunk }) => chunk.path);
  expect(shown[0]).toBe('b.ts');
  expect(shown).not.toContain('c.ts');
});

it('shows nothing where nothing was written yet', () => {
  expect(likePassages('', [found('a.ts', 'one()')])).toEqual([]);
  expect(likePassages('one()', [])).toEqual([]);
});

it('takes no more than a few', () => {
  const many = Array.from({ length: 20 }, (_, n) => found(`${n}.ts`, `one(${n})`));
  expect(likePassages('one(', many)).toHaveLength(8);
});

it('shows lines that two results share once, and leaves what is equally alike in the order of the results', () => {
  const lines = 'open(door)\nenter(door)\nclose(door)\nlock(door)';
  const part = { ...found('a.ts', lines), score: 0.5 };
  part.chunk.startLine += 20;
  const whole = found('a.ts', `${filler(20)}\n${lines}`);
  const other = found('b.ts', `${filler(7)}\n${lines}\n${filler(3)}`);
  const shown = likePassages('open(door)\nenter(door)\nclose(door)\nlock(door)', [other, whole, part]);
  expect(shown.map(({ chunk }) => [chunk.path, chunk.startLine])).toEqual([
    ['b.ts', 18],
    ['a.ts', 31],
  ]);
  expect(shown[1]?.score).toBe(1);
});

it('takes nothing for alike where the wanted words are nothing', () => {
  expect(likePassages('}\n', [found('a.ts', '}\n}')])).toEqual([]);
});
