import { describe, expect, it } from 'vitest';
import { knownLanguages, languageOfFirstLine, languageOfPath } from '../languages/languages.js';
import { chunkSource } from '../read/chunk-source.js';
import { parseSource } from './parse-source.fixture.js';
import type { CodeSymbol } from './structure/code-structure.js';

/** `kind qualifiedName` of every symbol, depth first. */
function names(symbols: readonly CodeSymbol[]): string[] {
  return symbols.flatMap((symbol) => [`${symbol.kind} ${symbol.qualifiedName}`, ...names(symbol.children)]);
}

function find(symbols: readonly CodeSymbol[], qualifiedName: string): CodeSymbol {
  for (const symbol of symbols) {
    if (symbol.qualifiedName === qualifiedName) return symbol;
    if (qualifiedName.startsWith(`${symbol.qualifiedName}.`)) return find(symbol.children, qualifiedName);
  }
  throw new Error(`no symbol ${qualifiedName}`);
}

const TYPESCRIPT = `import first, { second as renamed, type Third } from './x.js';
import * as all from 'y';
import 'z';

/** Base of all. */
@sealed()
export abstract class Plant<T> extends Base implements Living {
  private readonly height: number = 1;
  static #seed = () => first();
  constructor(private soil: string) { super(); }
  /** Grows by one. */
  @log() protected async *grow(rate: number, /* ignored */ days = 2): Promise<void> {
    if (rate && days) { renamed.water(this); } else for (const x of all) { new Third(x); }
  }
  abstract wilt(): void;
}
export default function () { return 1; }
export const prune = async (branch: string): Promise<void> => { renamed(branch); };
const inner = (a: number) => a;
export type Size = 'small' | 'large';
export interface Garden { plants: Plant<string>[]; }
enum Season { Spring, Autumn }
export namespace Tools { export function rake() {} }
export const table = { cut() { return 1; }, dig: () => 2 };
module.exports.legacy = function () {};
Plant.prototype.old = () => {};
`;

const PYTHON = `"""Module."""
import os, sys as system
from a.b import c as d, e
from . import f
from x import *

# Water is life.
def water(plant: "Plant", litres=1) -> int:  # type: ignore
    """Waters a plant.

    Slowly.
    """
    if plant and litres:
        return d.pour(os.path, litres)
    elif e: return 0
    return [i for i in plant if i]

@decorate
class Plant(Base):
    'One plant.'
    height: int = 1

    @property
    async def _secret(self) -> str:
        return water(self) if self else ''

    def __init__(self):
        def nested(): pass

LIMIT = 3
shorten = lambda text: text[:LIMIT]
`;

describe('parseSource', () => {
  it('finds the symbols of TypeScript', async () => {
    const parsed = await parseSource('typescript', TYPESCRIPT);
    expect(parsed.hasSyntaxErrors).toBe(false);
    expect(names(parsed.symbols)).toEqual([
      'class Plant',
      'method Plant.#seed',
      'method Plant.constructor',
      'method Plant.grow',
      'method Plant.wilt',
      'function default',
      'function prune',
      'function inner',
      'type Size',
      'interface Garden',
      'enum Season',
      'namespace Tools',
      'function Tools.rake',
      'constant table',
      'method table.cut',
      'method table.dig',
      'function legacy',
      'method Plant.old',
    ]);
    expect(parsed.imports).toEqual([
      { name: 'first', source: './x.js', line: 1 },
      { name: 'renamed', source: './x.js', line: 1 },
      { name: 'Third', source: './x.js', line: 1 },
      { name: 'all', source: 'y', line: 2 },
      { name: null, source: 'z', line: 3 },
    ]);
    expect(find(parsed.symbols, 'Plant')).toMatchObject({
      signature: 'export abstract class Plant<T> extends Base implements Living',
      docstring: 'Base of all.',
      leadLine: 5,
      startLine: 6,
      endLine: 16,
      visibility: 'public',
      imports: ['first', 'renamed', 'all', 'Third'],
    });
    expect(find(parsed.symbols, 'Plant.grow')).toMatchObject({
      signature: 'protected async *grow(rate: number, days = 2): Promise<void>',
      docstring: 'Grows by one.',
      visibility: 'protected',
      complexity: 4,
      calls: ['water', 'Third'],
    });
    expect(find(parsed.symbols, 'Plant.#seed').visibility).toBe('private');
    expect(find(parsed.symbols, 'inner').visibility).toBe('private');
    expect(find(parsed.symbols, 'prune')).toMatchObject({
      signature: 'export const prune = async (branch: string): Promise<void>',
      visibility: 'public',
    });
    const { startIndex, endIndex } = find(parsed.symbols, 'prune');
    expect(TYPESCRIPT.slice(startIndex, endIndex)).toMatch(/^export const prune.*\};$/s);
  });

  it('finds the symbols of Python', async () => {
    const parsed = await parseSource('python', PYTHON);
    expect(parsed.hasSyntaxErrors).toBe(false);
    expect(names(parsed.symbols)).toEqual([
      'function water',
      'class Plant',
      'method Plant._secret',
      'method Plant.__init__',
      'function Plant.__init__.nested',
      'constant LIMIT',
      'function shorten',
    ]);
    expect(parsed.imports.map(({ name, source }) => `${name} ${source}`)).toEqual([
      'os os',
      'system sys',
      'd a.b',
      'e a.b',
      'f .',
      'null x',
    ]);
    expect(find(parsed.symbols, 'water')).toMatchObject({
      signature: 'def water(plant: "Plant", litres=1) -> int',
      docstring: 'Waters a plant.\n\nSlowly.',
      leadLine: 7,
      startLine: 8,
      complexity: 6,
      imports: ['d', 'os', 'e'],
      calls: ['pour'],
    });
    expect(find(parsed.symbols, 'Plant')).toMatchObject({
      signature: 'class Plant(Base)',
      docstring: 'One plant.',
      startLine: 18,
    });
    expect(find(parsed.symbols, 'Plant._secret')).toMatchObject({ visibility: 'private', startLine: 23 });
    expect(find(parsed.symbols, 'Plant.__init__').visibility).toBe('public');
  });

  it.each([
    [
      'javascript',
      'class A { run = () => 1; }\nconst b = function () {};\nexports.c = () => <p/>;',
      ['class A', 'method A.run', 'function b', 'function c'],
    ],
    ['javascript', "const { x, y: z } = require('m');\nfunction* g() {}", ['function g']],
    [
      'tsx',
      'export const Page = memo(({ a }: P) => <p>{a}</p>);\nfunction App() { return <Page a={1} />; }',
      ['function Page', 'function App'],
    ],
  ])('finds the symbols of %s', async (language, text, expected) => {
    const parsed = await parseSource(language, text);
    expect(parsed.hasSyntaxErrors).toBe(false);
    expect(names(parsed.symbols)).toEqual(expected);
  });

  it('loads every grammar of the table, and its query fits', async () => {
    for (const { id } of knownLanguages()) expect((await parseSource(id, '')).symbols).toEqual([]);
  });

  it('survives syntax errors and says so', async () => {
    const text =
      'export function before() { return 1; }\nfunction broken( { if (;\n}\n\nexport function after() { return 2; }\n';
    const parsed = await parseSource('typescript', text);
    expect(parsed.hasSyntaxErrors).toBe(true);
    expect(names(parsed.symbols)).toEqual(expect.arrayContaining(['function before']));
    expect(parsed.errorSpans.length).toBeGreaterThan(0);
    const python = await parseSource(
      'python',
      'def ok():\n    pass\n\ndef bad():\n    x = = 1\n\ndef fine():\n    pass\n',
    );
    expect(python.hasSyntaxErrors).toBe(true);
    expect(names(python.symbols)).toEqual(expect.arrayContaining(['function ok', 'function fine']));
  });

  it('ends a parse that takes too long, and parses the next text from its start', async () => {
    const long = 'x = [\n'.concat('  (1, "a"),\n'.repeat(100_000), ']\n');
    await expect(chunkSource('long.py', 'python', long, { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'codebase.parse-timeout',
    });
    const { chunks } = await chunkSource('next.py', 'python', 'def next(): pass\n');
    expect(chunks.map(({ symbol }) => symbol)).toEqual(['next']);
  });

  it('refuses a language that is not in the table', async () => {
    await expect(chunkSource('a', 'cobol', '')).rejects.toMatchObject({ code: 'codebase.unknown-language' });
  });
});

describe('the language of a file', () => {
  it.each([
    ['a/b.test.ts', 'typescript'],
    ['a.TSX', 'tsx'],
    ['x.mjs', 'javascript'],
    ['SConstruct', 'python'],
    ['stubs.pyi', 'python'],
    ['README.md', 'markdown'],
    ['docker/Dockerfile.dev', 'dockerfile'],
    ['notes.txt', undefined],
    ['.ts', undefined],
  ])('%s', (path, id) => expect(languageOfPath(path)?.id).toBe(id));

  it.each([
    ['#!/usr/bin/env python3', 'python'],
    ['#!/usr/bin/env -S node --no-warnings', 'javascript'],
    ['#! /usr/local/bin/python3.12 -u', 'python'],
    ['#!/bin/sh', 'bash'],
    ['#!/usr/bin/perl', undefined],
    ['python', undefined],
  ])('%s', (line, id) => expect(languageOfFirstLine(line)?.id).toBe(id));
});
