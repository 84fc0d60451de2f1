import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FactSymbol, type FileFacts, packReferences } from './file-facts.js';
import { MemoryGraph } from './memory-graph.js';

// Few names and paths, so that they collide; `./b.js` means another file when `b.js` appears beside `b.ts`.
const NAMES = ['get', 'openStore', 'Store', 'run'] as const;
const OWNERS = ['Store', 'Client', 'run'] as const;
const PATHS = [
  ...['lib/a.ts', 'lib/b.ts', 'lib/b.js', 'lib/index.ts', 'lib/store.py', 'src/lib/store.py'],
  ...['src/run.ts', 'Store.java'],
] as const;
const SOURCES = ['./b.js', './b.js', '../lib/b.js', '../lib', '.', 'lib.store', 'store'];

interface Declaration {
  name: string;
  owner: string | null;
  kind: FactSymbol['kind'];
  visibility: FactSymbol['visibility'];
  isInside: boolean;
  length: number;
}

const declaration: fc.Arbitrary<Declaration> = fc.record({
  name: fc.constantFrom(...NAMES),
  owner: fc.option(fc.constantFrom(...OWNERS)),
  kind: fc.constantFrom('function', 'method', 'class', 'constant'),
  visibility: fc.constantFrom('public', 'public', 'protected', 'private'),
  isInside: fc.boolean(),
  length: fc.integer({ min: 1, max: 4 }),
});

/** Declarations one after the other, some of them inside the one before. */
function symbolsFrom(declarations: readonly Declaration[]): FactSymbol[] {
  const symbols: FactSymbol[] = [];
  let line = 1;
  for (const { name, owner, kind, visibility, isInside, length } of declarations) {
    const last = symbols.length - 1;
    const parent = isInside && last >= 0 ? last : -1;
    const startLine = parent >= 0 ? symbols[parent]!.startLine : line;
    const endLine = startLine + length;
    for (let outer = parent; outer >= 0; outer = symbols[outer]!.parent)
      symbols[outer]!.endLine = Math.max(symbols[outer]!.endLine, endLine);
    const symbol = owner === null ? name : `${owner}.${name}`;
    symbols.push({ symbol, kind, visibility, signature: `${kind} ${symbol}`, startLine, endLine, parent });
    line = Math.max(line, endLine + 1);
  }
  return symbols;
}

const reference = fc.record({
  name: fc.constantFrom(...NAMES),
  receiver: fc.option(fc.constantFrom('this', 'store', ...OWNERS, ...NAMES), { freq: 1 }),
  isCall: fc.boolean(),
  owner: fc.integer({ min: -1, max: 3 }),
  count: fc.integer({ min: 1, max: 3 }),
});

const facts: fc.Arbitrary<FileFacts> = fc
  .record({
    language: fc.constantFrom('typescript', 'typescript', 'python', 'java'),
    symbols: fc.array(declaration, { maxLength: 4 }).map(symbolsFrom),
    imports: fc.array(
      fc.record({
        name: fc.option(fc.constantFrom(...NAMES, 'store'), { freq: 9 }),
        source: fc.constantFrom(...SOURCES),
      }),
      { maxLength: 3 },
    ),
    references: fc.array(reference, { maxLength: 4 }),
  })
  .map(({ references, ...rest }) => {
    const last = rest.symbols.length - 1;
    const owned = references.map((one) => ({ ...one, owner: Math.min(one.owner, last) }));
    return { ...rest, ...packReferences(owned) };
  });

const edit = fc.record({
  path: fc.constantFrom(...PATHS),
  /** Null takes the file out. */
  facts: fc.option(facts, { freq: 4 }),
  /** What is asked before the next edit, and so computed and kept. */
  isAsked: fc.constantFrom('all', 'all', 'some', 'nothing'),
});

/** Everything that can be asked. */
function told(graph: MemoryGraph) {
  const paths = graph.files().map(({ path }) => path);
  return {
    counts: [graph.fileCount, graph.symbolCount],
    files: Object.fromEntries(graph.files().map(({ path, rank }) => [path, rank.toFixed(2)])),
    of: paths.sort().map((path) => ({
      path,
      imports: graph.imports(path),
      importedBy: graph.importedBy(path),
      outside: graph.dependencies({ path, startLine: 1_000, endLine: 1_000 }, 100),
      symbols: graph.symbolsOf(path).map(({ rank, ...symbol }) => ({
        ...symbol,
        rank: rank.toFixed(2),
        uses: graph.dependencies(symbol, 100),
        usedBy: graph.dependents(symbol, 100),
      })),
    })),
    named: NAMES.map((name) =>
      graph
        .named(name, 100)
        .map(({ path, symbol }) => `${path} ${symbol}`)
        .sort(),
    ),
  };
}

describe('a graph that was told of edits', () => {
  it('is equal to one that is made of the files as they are', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 4, maxLength: 16 }), (edits) => {
        const graph = new MemoryGraph();
        const now = new Map<string, FileFacts>();
        for (const { path, facts, isAsked } of edits) {
          if (facts === null) {
            graph.delete(path);
            now.delete(path);
          } else {
            graph.set(path, facts);
            now.set(path, facts);
          }
          if (isAsked === 'all') told(graph);
          if (isAsked === 'some') graph.dependencies({ path, startLine: 1, endLine: 5 });
        }
        const anew = new MemoryGraph();
        for (const path of [...now.keys()].sort()) anew.set(path, now.get(path)!);
        expect(told(graph)).toEqual(told(anew));
      }),
      { numRuns: 500 },
    );
  });
});
