import { describe, expect, it } from 'vitest';
import { parseSource } from '../parse/parse-source.fixture.js';
import { type FileFacts, factsOf } from './file-facts.js';
import { MemoryGraph } from './memory-graph.js';
import { mapProject, renderMap } from './project-map.js';
import type { SymbolGraph } from './symbol-graph.js';

const LANGUAGE: Record<string, string> = {
  ts: 'typescript',
  js: 'javascript',
  py: 'python',
  go: 'go',
  rs: 'rust',
  kt: 'kotlin',
  java: 'java',
  c: 'c',
  h: 'c',
  cc: 'cpp',
  rb: 'ruby',
  php: 'php',
};

async function graphOf(files: Record<string, string>): Promise<SymbolGraph> {
  const graph = new MemoryGraph();
  for (const [path, text] of Object.entries(files)) graph.set(path, await factsFrom(path, text));
  return graph;
}

async function factsFrom(path: string, text: string): Promise<FileFacts> {
  const language = LANGUAGE[path.slice(path.lastIndexOf('.') + 1)]!;
  return factsOf(await parseSource(language, text));
}

const named = (found: { path: string; symbol: string }[]) =>
  found.map(({ path, symbol }) => `${path} ${symbol}`);

function at(graph: SymbolGraph, path: string, symbol: string) {
  const found = graph.symbolsOf(path).find((one) => one.symbol === symbol);
  if (found === undefined) throw new Error(`no ${symbol} in ${path}`);
  return found;
}

describe('the symbol graph', () => {
  it('resolves calls by import, class, file and folder, and leaves alone what it cannot know', async () => {
    const graph = await graphOf({
      'src/store.ts': `export class Store {
  constructor(private readonly path: string) {}
  readAll(): string[] { return this.parse(this.path); }
  private parse(text: string): string[] { return text.split(','); }
}
export function openStore(path: string): Store { return new Store(path); }
`,
      'src/main.ts': `import { openStore, type Store } from './store.js';
export function run(): number { return count(openStore('x')); }
function count(store: Store): number { return store.readAll().map((x) => x.length).length; }
`,
      'src/other.ts': 'export function map(): void {}\nexport function openStore(): void {}\n',
    });
    expect(named(graph.dependencies(at(graph, 'src/main.ts', 'run')))).toEqual([
      'src/main.ts count',
      'src/store.ts openStore',
    ]);
    expect(named(graph.dependencies(at(graph, 'src/main.ts', 'count')))).toEqual([
      'src/store.ts Store',
      'src/store.ts Store.readAll',
    ]);
    expect(named(graph.dependents(at(graph, 'src/store.ts', 'Store.parse')))).toEqual([
      'src/store.ts Store.readAll',
    ]);
    expect(named(graph.dependents(at(graph, 'src/other.ts', 'openStore')))).toEqual([]);
    expect(graph.imports('src/main.ts')).toEqual(['src/store.ts']);
    expect(graph.importedBy('src/store.ts')).toEqual(['src/main.ts']);
    expect(named(graph.named('OPENSTORE'))).toEqual(['src/store.ts openStore', 'src/other.ts openStore']);
  });

  it.each([
    [
      'python',
      {
        'app/util/text.py': 'def shorten(text):\n    return text[:3]\n',
        'app/main.py':
          'from .util.text import shorten\nfrom app.util import text\n\ndef run():\n    return shorten("a") + text.shorten("b")\n',
        'other/text.py': 'def shorten(text):\n    return text\n',
      },
      'app/main.py run',
      ['app/util/text.py shorten'],
    ],
    [
      'go',
      {
        'queue/queue.go': 'package queue\n\ntype Job struct{}\n\nfunc (j *Job) Run() { retry(j) }\n',
        'queue/retry.go': 'package queue\n\nfunc retry(j *Job) {}\n',
        'main.go': 'package main\n\nimport "example.org/app/queue"\n\nfunc main() { queue.New() }\n',
        'queue/new.go': 'package queue\n\nfunc New() *Job { return nil }\n',
      },
      'main.go main',
      ['queue/new.go New'],
    ],
    [
      'rust',
      {
        'src/parse.rs':
          'pub struct Setting;\nimpl Setting {\n    pub fn load(text: &str) -> Setting { Setting }\n}\n',
        'src/main.rs': 'mod parse;\nuse crate::parse::Setting;\nfn main() { Setting::load("a"); }\n',
      },
      'src/main.rs main',
      ['src/parse.rs Setting', 'src/parse.rs Setting.load'],
    ],
    [
      'java',
      {
        'src/org/example/store/Repository.java':
          'package org.example.store;\npublic class Repository {\n  public void find() {}\n}\n',
        'src/org/example/App.java':
          'package org.example;\nimport org.example.store.Repository;\nclass App {\n  void run(Repository repository) { new Repository().find(); }\n}\n',
      },
      'src/org/example/App.java App.run',
      [
        'src/org/example/store/Repository.java Repository',
        'src/org/example/store/Repository.java Repository.find',
      ],
    ],
    [
      'c',
      {
        'src/ring.h': 'struct ring { int head; };\n',
        'src/ring.c': '#include "ring.h"\nint ring_size(struct ring *r) { return r->head; }\n',
        'src/main.c': '#include "ring.h"\nint main(void) { return ring_size(0); }\n',
      },
      'src/main.c main',
      ['src/ring.c ring_size'],
    ],
    [
      'ruby',
      {
        'lib/shop/order.rb': 'class Order\n  def total\n    1\n  end\nend\n',
        'lib/shop.rb': "require_relative 'shop/order'\n\ndef run\n  Order.new.total\nend\n",
      },
      'lib/shop.rb run',
      ['lib/shop/order.rb Order', 'lib/shop/order.rb Order.total'],
    ],
  ])('follows %s', async (_language, files, from, expected) => {
    const graph = await graphOf(files as unknown as Record<string, string>);
    const [path, symbol] = from.split(' ') as [string, string];
    expect(named(graph.dependencies(at(graph, path, symbol))).sort()).toEqual([...expected].sort());
  });

  it('ranks what the rest is built on first', async () => {
    const user = (n: number) =>
      `import { core } from './core.js';\nexport function user${n}() { return core(${n}); }\n`;
    const graph = await graphOf({
      'core.ts':
        'export function core(n: number) { return leaf(n); }\nexport function leaf(n: number) { return n; }\nexport function unused() {}\n',
      'a.ts': user(1),
      'b.ts': user(2),
      'c.ts': user(3),
    });
    const rank = (symbol: string) => at(graph, 'core.ts', symbol).rank;
    expect(rank('core')).toBeGreaterThan(2 * rank('unused'));
    expect(rank('leaf')).toBeGreaterThan(rank('unused'));
    expect(graph.files()[0]!.path).toBe('core.ts');
    const total = [...graph.files()].reduce((sum, file) => sum + file.rank, 0);
    expect(total / (graph.symbolCount + graph.fileCount)).toBeCloseTo(1, 1);
  });
});

describe('a graph that changes', () => {
  const user = "import { open } from './store.js';\nexport function run() { return open().close(); }\n";
  const store = (names: string) => `export function open() { return 1; }\n${names}`;

  it('links anew what a declaration, a file or its absence gives another meaning', async () => {
    const graph = new MemoryGraph();
    const uses = () => named(graph.dependencies(at(graph, 'app/run.ts', 'run'))).sort();
    const set = async (path: string, text: string) => graph.set(path, await factsFrom(path, text));
    await set('app/run.ts', user);
    expect(uses()).toEqual([]);
    await set('lib/open.ts', store(''));
    expect(uses()).toEqual(['lib/open.ts open']);
    await set('app/store.ts', store(''));
    expect(uses()).toEqual(['app/store.ts open']);
    expect(graph.imports('app/run.ts')).toEqual(['app/store.ts']);
    await set('app/store.ts', store('export class Door {\n  close() {}\n}\n'));
    expect(uses()).toEqual(['app/store.ts Door.close', 'app/store.ts open']);
    expect(named(graph.dependents(at(graph, 'app/store.ts', 'Door.close')))).toEqual(['app/run.ts run']);
    await set('app/store.ts', `// moved down\n\n${store('export class Gate {\n  close() {}\n}\n')}`);
    expect(uses()).toEqual(['app/store.ts Gate.close', 'app/store.ts open']);
    expect(graph.dependencies(at(graph, 'app/run.ts', 'run'))[0]!.startLine).toBe(3);
    // The import means this file now, which declares nothing.
    await set('app/store.js', '// nothing\n');
    expect(graph.imports('app/run.ts')).toEqual(['app/store.js']);
    const weights = graph.dependencies(at(graph, 'app/run.ts', 'run')).map(({ weight }) => weight);
    graph.delete('app/store.js');
    expect(graph.dependencies(at(graph, 'app/run.ts', 'run'))[0]!.weight).toBeGreaterThan(weights[0]!);
    graph.delete('app/store.ts');
    expect(uses()).toEqual(['lib/open.ts open']);
    expect(graph.imports('app/run.ts')).toEqual([]);
    expect(graph.fileCount).toBe(2);
  });
});

describe('the map of a project', () => {
  it('shows the most central symbols under what they are in, within the budget', async () => {
    const graph = await graphOf({
      'lib/core.ts':
        'export class Core {\n  run() { return this.step(); }\n  step() { function inner() {} return inner(); }\n}\nexport const LIMIT = 3;\n',
      'test/core.test.ts':
        "import { Core } from '../lib/core.js';\nfunction makeCore() { return new Core(); }\nfunction a() { return makeCore().step(); }\nfunction b() { return makeCore().step(); }\n",
    });
    const whole = mapProject(graph, 10_000);
    expect(whole.symbolCount).toBe(8);
    expect(whole.files.map(({ path, symbols }) => [path, symbols.length])).toEqual([
      ['lib/core.ts', 5],
      ['test/core.test.ts', 3],
    ]);
    const small = mapProject(graph, 20);
    expect(small.tokens).toBeLessThanOrEqual(20);
    expect(renderMap(small.files)).toEqual(['lib/core.ts', '     1  export class Core', '     3    step()']);
    for (const tokens of [1, 5, 20, 40, 80]) {
      const { files, tokens: used } = mapProject(graph, tokens);
      expect(used <= tokens || files.length === 0).toBe(true);
    }
  });

  it('of nothing is empty', async () => {
    expect(mapProject(new MemoryGraph())).toEqual({ files: [], tokens: 0, symbolCount: 0, fileCount: 0 });
  });
});
