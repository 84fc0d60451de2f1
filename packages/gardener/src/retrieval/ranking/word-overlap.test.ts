import { describe, expect, it } from 'vitest';
import { stemName } from './path-words.js';
import { wordOverlaps } from './word-overlap.js';
import { askedStems, isRelated, stem, stemsOf } from './words.js';

const overlaps = (query: string, ...names: string[]) =>
  wordOverlaps(askedStems(query), new Map(names.map((name) => [name, [{ words: stemsOf(name) }]])));

describe('wordOverlaps', () => {
  it('puts the name that says what the query says first, in any spelling', () => {
    const found = overlaps(
      'Parsing a cached token',
      'parse_cached_tokens',
      'parseCache',
      'tokenCount',
      'open',
    );
    const order = [...found].sort(([, a], [, b]) => b - a).map(([name]) => name);
    expect(order[0]).toBe('parse_cached_tokens');
    expect(found.get('parse_cached_tokens')).toBe(1);
    expect(found.has('open')).toBe(false);
  });

  it('counts a word that many names have less than one that few have', () => {
    const found = overlaps('node visitor', 'nodeKind', 'nodeName', 'nodePath', 'nodeText', 'visitorKind');
    expect(found.get('visitorKind')).toBeGreaterThan(found.get('nodeKind') ?? 1);
  });

  it('does not take one common word among many for a name that is spelled out', () => {
    const query =
      'the configuration of servers is read before any of their sockets accepts connections from clients';
    const names = Array.from({ length: 30 }, (_, i) => `thing${i}OfALongNameWithServers`);
    expect(Math.max(...overlaps(query, ...names).values())).toBeLessThan(0.5);
  });

  it('is empty for a query without words, for names without words, and for none', () => {
    expect(overlaps('?!', 'open').size).toBe(0);
    expect(overlaps('open', '', '$').size).toBe(0);
    expect(overlaps('open').size).toBe(0);
  });

  it('finds a word of the query inside a file name that is written as one', () => {
    const files = new Map(
      ['src/web_urldispatcher.py', 'src/web_runner.py'].map((path) => [path, [stemName(path)]]),
    );
    const found = wordOverlaps(askedStems('URL routing and resource dispatching'), files);
    expect(found.get('src/web_urldispatcher.py')).toBe(1);
    expect(found.has('src/web_runner.py')).toBe(false);
  });
});

it.each([
  ['serialization', 'serializers'],
  ['validators', 'validation'],
  ['parsing', 'parse'],
  ['running', 'run'],
  ['routes', 'router'],
  ['config', 'configuration'],
  ['auth', 'authentication'],
])('%s and %s are of one family', (one, other) => {
  expect(isRelated(stem(one), stem(other))).toBe(true);
});

it.each([
  ['parse', 'part'],
  ['error', 'erase'],
  ['map', 'mapper'],
])('keeps %s and %s apart or together as their stems say', (one, other) => {
  expect(isRelated(stem(one), stem(other))).toBe(other === 'mapper');
});
