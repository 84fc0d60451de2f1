import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../index/project-index.js';
import { makeFile } from '../store/chunks.fixture.js';
import type { LineSearchOptions } from './search-lines.js';

let root: string;
let index: ProjectIndex;

/** Lines that are looked for with signs that RE2 and Rust's regex read differently. */
const ODD = [
  'first of all',
  'function total() {',
  'map{,5} and map{1, x} and map{01}',
  'template <b> of [x] && [y] -- [z] ~~ end',
  'a.b*c (quoted) \\d',
  'café é_1 "x" # %',
  'ends here }',
];

const files = [
  makeFile('src/cart.test.ts', [{ symbol: 'test', text: "it('adds', () => add(cart, 'a+b'))" }]),
  makeFile('src/cart.ts', [
    { symbol: 'Cart.add', text: 'add(item) {\n  // TODO(ann): count\n  this.items.push(item);\n}' },
    { symbol: 'Cart.paid?', text: 'def paid?\n  @paid\nend', startLine: 20, language: 'ruby' },
  ]),
  makeFile('src/other.py', [{ symbol: 'add_all', language: 'python', text: 'def add_all(): ADD(1)' }]),
  makeFile('src/one-line.js', [
    { symbol: null, language: 'javascript', text: `var x=${'1,'.repeat(60_000)}needle` },
  ]),
  makeFile('src/aaa.txt', [{ symbol: null, language: 'markdown', text: `${'a'.repeat(30_000)}!` }]),
  makeFile('windows.ts', [{ symbol: null, text: 'let first;\r\nlet second = 2;\r\nlet third = 3;' }]),
  makeFile('odd.txt', [{ symbol: null, language: 'markdown', text: ODD.join('\r\n') }]),
  makeFile('ko/a.py', [{ symbol: 'op', language: 'python', text: '"""사용자를 인증한다."""' }]),
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lines-'));
  const paths = new GardenPaths(root);
  await mkdir(paths.project('p'), { recursive: true });
  index = new ProjectIndex(paths, 'p');
  async function* stream() {
    yield* files;
  }
  await index.update(stream(), wordEmbedder(), { root });
});
afterAll(async () => {
  index.close();
  await rm(root, { recursive: true, force: true });
});

const found = async (options: LineSearchOptions) =>
  (await index.lines(options)).lines.map(({ path, line, column }) => `${path}:${line}:${column}`);

describe('exact text', () => {
  it('finds every line with its place, source before tests', async () => {
    expect(await found({ pattern: 'add(' })).toEqual(['src/cart.ts:1:1', 'src/cart.test.ts:1:18']);
    const { lines } = await index.lines({ pattern: 'TODO(' });
    expect(lines).toEqual([
      expect.objectContaining({ line: 2, text: '  // TODO(ann): count', symbol: 'Cart.add', endColumn: 11 }),
    ]);
  });

  it('takes signs as they are, minds capitals unless told, and finds words whole', async () => {
    expect(await found({ pattern: 'a+b' })).toEqual(['src/cart.test.ts:1:29']);
    expect(await found({ pattern: 'ADD' })).toEqual(['src/other.py:1:16']);
    expect(await found({ pattern: 'ADD', ignoreCase: true })).toHaveLength(3);
    expect(await found({ pattern: 'paid?', wholeWord: true })).toEqual(['src/cart.ts:20:5']);
    expect(await found({ pattern: 'add', wholeWord: true, languages: ['python'] })).toEqual([]);
    expect(await found({ pattern: '인증' })).toEqual(['ko/a.py:1:9']);
    expect(await found({ pattern: "it('adds'" })).toEqual(['src/cart.test.ts:1:1']);
  });

  it('says when there are more', async () => {
    expect(await index.lines({ pattern: 'a', k: 2 })).toMatchObject({
      isCut: true,
      files: expect.any(Number),
    });
    expect(await index.lines({ pattern: 'nowhere at all' })).toEqual({ lines: [], files: 0, isCut: false });
  });
});

describe('regular expressions', () => {
  it('finds what they match, a line at a time', async () => {
    expect(await found({ pattern: '^\\s*this\\.\\w+', regex: true })).toEqual(['src/cart.ts:3:1']);
    expect(await found({ pattern: 'todo\\(\\w+\\)', regex: true, ignoreCase: true })).toEqual([
      'src/cart.ts:2:6',
    ]);
  });

  it('knows the end of a line whichever way lines end', async () => {
    expect(await found({ pattern: 'first;$', regex: true })).toEqual(['windows.ts:1:5']);
    expect(await found({ pattern: 'SECOND = \\d;$', regex: true, ignoreCase: true })).toEqual([
      'windows.ts:2:5',
    ]);
    expect(await found({ pattern: '^let third', regex: true })).toEqual(['windows.ts:3:1']);
    expect(await found({ pattern: '\\bfirst.$', regex: true })).toEqual(['windows.ts:1:5']);
  });

  it.each([
    // A brace that is no quantifier.
    ['function \\w+\\(\\) {', 2],
    ['map{,5}', 3],
    ['{1, x}', 3],
    ['map{01}', 3],
    ['map\\{01}', 3],
    ['here }$', 7],
    ['}', 3],
    ['l{2}\\(?', 1],
    ['[f]ir{1}s{1,}t{1,2}', 1],
    // Text between \Q and \E.
    ['\\Qa.b*c (\\E\\w+\\)', 5],
    ['\\Q\\d', 5],
    ['\\Q{,5}\\E', 3],
    // What only Rust reads in a class.
    ['[[]x[]]', 4],
    ['[&&] \\[y', 4],
    ['[a&&&&z]\\.b', 5],
    ['[\\w--~] \\[z', 4],
    ['[~~]~', 4],
    ['[]] &', 4],
    ['[^[:alpha:][:space:]] \\[z\\]', 4],
    ['[\\d-]1', 3],
    // Escapes that Rust does not know, or reads as something else.
    ['\\<b\\> of', 4],
    ['\\bfirst\\b{0}', 1],
    ['\\b{start}|\\{,', 3],
    ['\\146irst', 1],
    ['\\x66\\x{69}rst', 1],
    ['\\"x\\" \\# \\%', 6],
    // Ends and classes, which are ASCII's in RE2; a line is all that there is.
    ['\\Aends', 7],
    ['{\\z', 2],
    ['(?-m)^map', 3],
    ['(?-m:{$)', 2],
    ['caf\\W', 6],
    ['caf\\b', 6],
    ['caf\\pL \\p{^Greek}', 6],
    // Groups and flags.
    ['(?P<1st>f)irst', 1],
    ['(?<name>f)ir(?sU:s)t', 1],
    ['(?ii)FIRST', 1],
    ['(?i-i)first', 1],
  ])('finds with %s what RE2 finds', async (pattern, line) => {
    expect((await index.lines({ pattern, regex: true, pathGlob: 'odd.txt' })).lines).toContainEqual(
      expect.objectContaining({ line, text: ODD[line - 1] }),
    );
    for (const more of [{ ignoreCase: true }, { wholeWord: true }])
      await index.lines({ pattern, regex: true, ...more }).catch((error) => {
        expect(error).toMatchObject({ code: 'retrieval.bad-pattern' });
      });
  });

  it.each([
    ['what only RE2 repeats', 'a(?i)+', 'repetition operator missing'],
    ['what would be another expression without it', 'first(?s)?', 'repetition operator missing'],
    ['what is too large for the index', '\\pL{1000}', 'too large'],
  ])('refuses %s as a pattern, and does not call the index damaged', async (_name, pattern, why) => {
    await expect(index.lines({ pattern, regex: true })).rejects.toMatchObject({
      code: 'retrieval.bad-pattern',
      message: expect.stringContaining(why),
    });
  });

  it.each([['(a+)+$'], ['(a|a)*b'], ['(.*)*x'], ['(a?){50}a{50}b']])(
    'answers %s, which others never end with',
    async (pattern) => {
      expect((await index.lines({ pattern, regex: true, pathGlob: '**/aaa.txt' })).lines.length).toBeLessThan(
        2,
      );
    },
  );

  it.each([
    ['(', ''],
    ['a(?=b)', ''],
    ['(a)\\1', ''],
    ['x'.repeat(1_001), 'longer'],
    ['a\nb', 'end of a line'],
    ['', 'empty'],
  ])('refuses %j', async (pattern, why) => {
    await expect(index.lines({ pattern, regex: true })).rejects.toMatchObject({
      code: 'retrieval.bad-pattern',
      message: expect.stringContaining(why),
    });
  });
});

it('shows no more of a file of one line than a screen, and looks no further into it', async () => {
  expect((await index.lines({ pattern: 'needle' })).lines).toEqual([]);
  const { lines } = await index.lines({ pattern: 'var x' });
  expect(lines[0]?.text).toHaveLength(1_000);
});
