import { describe, expect, it } from 'vitest';
import { nameOverlaps } from './name-overlap.js';

const overlaps = (query: string, ...names: string[]) =>
  nameOverlaps(query, new Map(names.map((name) => [name, name])));

describe('nameOverlaps', () => {
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
    expect(found.get('visitorKind')).toBeGreaterThan(found.get('nodeKind')!);
  });

  it('does not take one common word among many for a name that is spelled out', () => {
    const query =
      'the configuration of servers is read before any of their sockets accepts connections from clients';
    const names = Array.from({ length: 30 }, (_, i) => `thing${i}OfALongNameWithServers`);
    expect(Math.max(...overlaps(query, ...names).values())).toBeLessThan(0.5);
  });

  it('is empty for a query without words, for names without words, and for none', () => {
    expect(overlaps('?!', 'open').size).toBe(0);
    expect(overlaps('the of a', 'of', 'the').size).toBe(0);
    expect(overlaps('open', '', '$').size).toBe(0);
    expect(overlaps('open').size).toBe(0);
  });
});
