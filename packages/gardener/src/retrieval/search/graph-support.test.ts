import { expect, it } from 'vitest';
import type { CodeRange, Neighbour, SymbolGraph } from '../../codebase/graph/symbol-graph.js';
import { graphSupport, type Ranked } from './graph-support.js';

/**
 * A graph of which only the edges matter: `from` calls `to`, both functions of ten lines
 * that begin at line 1 of a file.
 */
function graphOf(edges: [from: string, to: string, weight?: number][]): SymbolGraph {
  const symbol = (path: string, weight: number): Neighbour => ({
    path,
    startLine: 1,
    endLine: 10,
    symbol: path,
    kind: 'function',
    signature: `function ${path}()`,
    isPrivate: false,
    isLocal: false,
    parent: null,
    rank: 1,
    weight,
  });
  const ends = (at: number, path: string) =>
    edges.filter((edge) => edge[at] === path).map((edge) => symbol(String(edge[1 - at]), edge[2] ?? 1));
  return {
    fileCount: 0,
    symbolCount: 0,
    rankOf: () => 1,
    dependencies: ({ path }) => ends(0, path),
    dependents: ({ path }) => ends(1, path),
    named: () => [],
    imports: () => [],
    importedBy: () => [],
    symbolsOf: () => [],
    files: () => [],
  };
}
const ranked = (...paths: string[]): Ranked[] =>
  paths.map((path, place) => ({ id: path, path, startLine: 1, endLine: 10, score: 2 - place * 0.1 }));

it('supports what the best candidates call and are called by, each side', () => {
  const { support } = graphSupport(
    graphOf([
      ['best', 'called'],
      ['caller', 'best'],
    ]),
    ranked('best', 'x', 'called', 'caller'),
  );
  expect(support.get('called')).toBeGreaterThan(0);
  expect(support.get('caller')).toBeGreaterThan(0);
  expect(support.has('x')).toBe(false);
});

it('adds up what several candidates say, the best of them counting most', () => {
  const edges: [string, string][] = [
    ['a', 'both'],
    ['b', 'both'],
    ['b', 'one'],
  ];
  const { support } = graphSupport(graphOf(edges), ranked('a', 'b', 'both', 'one'));
  expect(support.get('both')).toBe(1);
  expect(support.get('one')).toBeLessThan(1);
});

it('names places that are no candidates, the strongest first', () => {
  const edges: [string, string, number?][] = [
    ['a', 'far', 2],
    ['b', 'far'],
    ['a', 'farther', 1],
  ];
  const { missing } = graphSupport(graphOf(edges), ranked('a', 'b'));
  expect(missing.map(({ place }: { place: CodeRange }) => place.path)).toEqual(['far']);
});

it('a candidate does not support itself, and nothing gives nothing', () => {
  expect(graphSupport(graphOf([['a', 'a']]), ranked('a')).support.size).toBe(0);
  expect(graphSupport(graphOf([]), [])).toEqual({ support: new Map(), missing: [] });
});
