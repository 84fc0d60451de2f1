import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSource } from '../parse/parse-source.fixture.js';
import { walkCodebase } from '../walk/walk.js';
import type { Chunk } from './chunk.js';
import { chunkFile } from './chunk-file.js';
import { chunkHeader } from './chunk-header.js';

async function chunksOf(language: string, text: string): Promise<Chunk[]> {
  return chunkFile('src/file', text, await parseSource(language, text));
}

function outline(chunks: Chunk[]): string[] {
  return chunks.map(({ startLine, endLine, kind, symbol }) => `${startLine}-${endLine} ${kind} ${symbol}`);
}

/** Every line that is not blank is in exactly one chunk, in order, with its text as it stands in the file. */
function expectWholeFile(text: string, chunks: Chunk[]): void {
  const lines = text.split('\n');
  let last = 0;
  const lost: string[] = [];
  for (const chunk of chunks) {
    expect(chunk.startLine).toBeGreaterThan(last);
    for (let line = last + 1; line < chunk.startLine; line++) {
      if (lines[line - 1]!.trim() !== '') lost.push(`${line}: ${lines[line - 1]}`);
    }
    expect(chunk.text).toBe(lines.slice(chunk.startLine - 1, chunk.endLine).join('\n'));
    last = chunk.endLine;
  }
  for (let line = last + 1; line <= lines.length; line++)
    if (lines[line - 1]!.trim() !== '') lost.push(`${line}`);
  expect(lost).toEqual([]);
}

/** Files of this repository that are cut into chunks, at most. */
const SOURCES = 120;

const statements = (count: number, indent = '  ') =>
  Array.from(
    { length: count },
    (_, i) => `${indent}const value${i} = compute(${i}, 'with some words');`,
  ).join('\n');

describe('chunkFile', () => {
  it('keeps a symbol whole with its comment and decorators, and groups what lies between', async () => {
    const text = `import { a } from './a.js';
import { b } from './b.js';

const LIMIT = 3;
const NAME = 'n';

/** Adds. */
export function add(x: number): number {
  if (x > LIMIT) return a(x);
  return x;
}

// ---- Shapes ----

interface Shape {
  width: number;
  height: number;
  depth: number;
  weight: number;
  colour: string;
}

@register
export class Box {
  open() { return b; }
}
export default Box;
`;
    const chunks = await chunksOf('typescript', text);
    expectWholeFile(text, chunks);
    expect(outline(chunks)).toEqual([
      '1-5 module null',
      '7-11 function add',
      '13-21 interface Shape',
      '23-27 class Box',
    ]);
    expect(chunks[1]).toMatchObject({
      signature: 'export function add(x: number): number',
      docstring: 'Adds.',
      imports: ['a'],
      complexity: 2,
      quality: { score: 1, reasons: [] },
      path: 'src/file',
      language: 'typescript',
    });
    expect(chunks[0]!.imports).toEqual([]);
  });

  it('makes head and methods of a class that does not fit', async () => {
    const method = (name: string) =>
      `  /** Does ${name}. */\n  ${name}() {\n${statements(15, '    ')}\n  }\n`;
    const text = `export class Big {\n  first = 1;\n  second = 2;\n  third = 3;\n\n${['one', 'two', 'three'].map(method).join('\n')}}\n`;
    const chunks = await chunksOf('typescript', text);
    expectWholeFile(text, chunks);
    expect(outline(chunks)).toEqual([
      '1-4 class Big',
      '6-23 method Big.one',
      '25-42 method Big.two',
      '44-62 method Big.three',
    ]);
    expect(chunks[1]).toMatchObject({ docstring: 'Does one.', signature: 'one()' });
  });

  it('divides a function that does not fit between its statements, and only there', async () => {
    const loop = `  for (const x of y) {\n${statements(20, '    ')}\n  }\n`;
    const text = `/** Long. */\nexport function long() {\n${statements(10)}\n${loop}  // the rest\n${statements(40)}\n${loop}}\n`;
    const chunks = await chunksOf('typescript', text);
    expectWholeFile(text, chunks);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ kind: 'block', symbol: 'long', signature: 'export function long()' });
      expect(chunk.text.length).toBeLessThan(2_700);
      // No cut inside a loop: it fits.
      const opened = (chunk.text.match(/for \(/g) ?? []).length;
      expect((chunk.text.match(/^ {2}\}$/gm) ?? []).length).toBe(opened);
      expect(chunk.text.trimEnd().endsWith('// the rest')).toBe(false);
    }
    expect(chunks.map((chunk) => chunk.docstring)).toEqual(['Long.', ...chunks.slice(1).map(() => null)]);
    expect(chunkHeader(chunks[0]!)).toBe('src/file > long');
    expect(chunkHeader(chunks[1]!)).toBe('src/file > long\npart of: export function long()');
  });

  it('divides a suite of tests between its cases', async () => {
    const cases = Array.from(
      { length: 12 },
      (_, i) => `  it('case ${i}', () => {\n${statements(6, '    ')}\n  });\n`,
    ).join('\n');
    const text = `import { it } from 'vitest';\n\ndescribe('suite', () => {\n${cases}});\n`;
    const chunks = await chunksOf('typescript', text);
    expectWholeFile(text, chunks);
    expect(chunks.length).toBeGreaterThan(2);
    for (const chunk of chunks.slice(2)) expect(chunk.text).toMatch(/^ {2}it\(/);
  });

  it('follows Python: decorators, docstrings, nested classes, main block', async () => {
    const body = (count: number, indent: string) =>
      Array.from({ length: count }, (_, i) => `${indent}value_${i} = compute(${i}, "with words")`).join('\n');
    const text = `"""Module."""
import os
from a import b

LIMIT = 3

class Big(Base):
    """Big one."""

    height: int = 1

    @property
    def size(self) -> int:
        """The size."""
${body(20, '        ')}
        return os.size

    # Opens.
    def open(self):
${body(35, '        ')}
        return b

if __name__ == "__main__":
    Big().open()
    print(LIMIT)
`;
    const chunks = await chunksOf('python', text);
    expectWholeFile(text, chunks);
    expect(outline(chunks)).toEqual([
      '1-5 module null',
      '7-10 class Big',
      '12-35 method Big.size',
      '37-74 method Big.open',
      '76-78 module null',
    ]);
    expect(chunks[1]!.docstring).toBe('Big one.');
    expect(chunks[2]!.docstring).toBe('The size.');
    expect(chunks[3]!.docstring).toBe('Opens.');
  });

  it("names what a header makes known: prototypes and what it takes over, but no function's variables", async () => {
    const header = `#ifndef CAT_H
#define CAT_H
namespace text {
using std::string_view;
LIB_EXPORT std::string Cat(string_view a, string_view b);
const char* Find(string_view text);
template <typename T>
T Parse(string_view text);
inline int Count(string_view text) {
  Counter counter(text);
  Local made(int);
  return counter.total();
}
}
#endif
`;
    const names = (await chunksOf('cpp', header)).flatMap((chunk) => chunk.names);
    expect(names).toEqual(expect.arrayContaining(['string_view', 'Cat', 'Find', 'Parse', 'Count']));
    expect(names).not.toContain('made');
    const c = (await chunksOf('c', 'int open_file(const char *path);\nstruct file *next(void);\n')).flatMap(
      (chunk) => chunk.names,
    );
    expect(c).toEqual(['open_file', 'next']);
  });

  it('says what is wrong with a chunk', async () => {
    const reasons = async (language: string, text: string) =>
      (await chunksOf(language, text)).flatMap((chunk) => chunk.quality.reasons);
    expect(
      await reasons(
        'typescript',
        '// Copyright 2020 Somebody\n// Licensed under the Apache License\n// Version 2.0, with more words to come\n',
      ),
    ).toEqual(['licence-header-only']);
    expect(
      await reasons('python', `TABLE = [\n${'    ("a", 1, 0x2f, -3.5e2, None),\n'.repeat(20)}]\n`),
    ).toEqual(['data-table']);
    expect(await reasons('typescript', 'export const a = 1;\n')).toEqual(['too-short']);
    expect(
      await reasons('typescript', `const long = '${'x'.repeat(600)}';\nconst b = 1;\nconst c = 2;\n`),
    ).toEqual(['minified']);
    expect(
      await reasons(
        'python',
        'def f():\n    value = = 1\n    return something_with_a_name(value, and_another)\n',
      ),
    ).toEqual(['syntax-errors']);
    expect((await chunksOf('typescript', 'export const a = 1;\n'))[0]!.quality.score).toBe(0.5);
  });

  it('gives the same chunk of the same file the same id, and another place another', async () => {
    const text = 'export function f() {\n  return someThing(1, 2, 3);\n}\n';
    const [first] = await chunksOf('typescript', text);
    const [again] = await chunksOf('typescript', `${text}\n`);
    const [moved] = await chunksOf('typescript', `\n${text}`);
    expect(first!.id).toMatch(/^[0-9a-f]{32}$/);
    expect(again!.id).toBe(first!.id);
    expect(moved!.id).not.toBe(first!.id);
  });

  it('keeps carriage returns, and cuts a very long string only between its lines', async () => {
    const crlf = '/** Doc. */\r\nexport function f() {\r\n  return 1;\r\n}\r\n';
    const [chunk] = await chunksOf('typescript', crlf);
    expect(chunk).toMatchObject({ symbol: 'f', docstring: 'Doc.', text: crlf.slice(0, -1) });
    const text = `TEXT = """\n${'some words on a line\n'.repeat(2000)}"""\n`;
    const chunks = await chunksOf('python', text);
    expectWholeFile(text, chunks);
    expect(chunks.length).toBeGreaterThan(10);
  });

  it("holds every line of this repository's own sources exactly once", async () => {
    const packages = fileURLToPath(new URL('../../../../', import.meta.url));
    const { files } = await walkCodebase(packages);
    // So many of all rooms that the test does not get slower with every file that is added.
    const every = Math.ceil(files.length / SOURCES);
    const some = files.filter((_, index) => index % every === 0);
    expect(some.length).toBeGreaterThan(SOURCES / 2);
    let withErrors = 0;
    for (const file of some) {
      const text = await readFile(file.absolutePath, 'utf8');
      const parsed = await parseSource(file.language, text);
      if (parsed.hasSyntaxErrors) withErrors++;
      const chunks = chunkFile(file.path, text, parsed);
      expectWholeFile(text, chunks);
      expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(chunks.length);
    }
    expect(withErrors).toBeLessThan(some.length / 50);
  });

  it('holds every line of any text exactly once, however broken, within any limits', async () => {
    const snippet = fc.constantFrom(
      'function f() {',
      '}',
      '',
      '  const a = 1;',
      '/** doc */',
      '// note',
      'class A {',
      '  m() { return 1; }',
      '@deco',
      'export const b = () => {',
      '};',
      'if (a) {',
      '} else {',
      'x(',
      ')',
      '`',
      '/*',
      '*/',
      'const a = 1, c = () => 2;',
      'class B { n() {} } class C {',
      'def f(x):',
      '    """doc"""',
      '    return x',
      '@deco',
      'class D:',
      '    def g(self): pass',
      'if x:',
      'else:',
      '    # note',
      'T = [',
      '  1,',
      ']',
      '\t',
      '"""',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(snippet, { maxLength: 60 }),
        fc.constantFrom('typescript', 'python', 'tsx', 'javascript'),
        fc.integer({ min: 1, max: 12 }),
        async (lines, language, limit) => {
          const text = lines.join('\n');
          const parsed = await parseSource(language, text);
          expectWholeFile(text, chunkFile('f', text, parsed, { lines: limit, characters: limit * 40 }));
        },
      ),
      { numRuns: 400 },
    );
  });
});
