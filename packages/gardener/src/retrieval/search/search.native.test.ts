import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../index/project-index.js';
import { makeFile } from '../store/chunks.fixture.js';
import type { SearchOptions } from './search.js';

const embedder = wordEmbedder();
let root: string;
let index: ProjectIndex;

const copy =
  'function slugify(title) { const lower = title.toLowerCase(); return lower.replace(/ /g, "-"); }';
const files = [
  makeFile('src/users.py', [
    { symbol: 'get_user_by_id', language: 'python', text: 'def get_user_by_id(id):\n    return db.find(id)' },
  ]),
  makeFile('src/parser.ts', [
    { symbol: 'Parser.readToken', text: 'readToken() { return this.tokens.shift() }' },
    { symbol: 'Parser.close', text: 'close() { this.open = false }', startLine: 20 },
  ]),
  ...['a', 'b', 'c', 'd', 'e'].map((name) =>
    makeFile(`copies/${name}.ts`, [{ symbol: 'slugify', text: `${copy} // ${name}` }]),
  ),
  makeFile('lib/日本語/検索 file.ts', [
    { symbol: '検索する', text: '// 全文検索を行う関数 🌱\nconst 結果 = 1' },
  ]),
  makeFile("lib/it's.ts", [{ symbol: 'quoted', text: 'const quoted = "quote"' }]),
  ...Array.from({ length: 120 }, (_, i) =>
    makeFile(`talk/${i}.md`, [
      {
        language: 'markdown',
        text: `note ${i}: flush the buffers, then flush again as in ${i * 7} ${i * 13}`,
      },
    ]),
  ),
  makeFile('src/queue.ts', [
    { symbol: 'Queue.flush', text: 'flush() { const items = this.items; this.items = []; return items }' },
  ]),
  makeFile('ko/auth.py', [{ symbol: 'op_1', language: 'kotlin', text: '"""사용자를 인증한다."""' }]),
  makeFile('zh/check.py', [{ symbol: 'op_2', language: 'kotlin', text: '"""检查密码是否正确"""' }]),
  makeFile('names/errors.py', [
    {
      ...{
        symbol: null,
        kind: 'module',
        language: 'kotlin',
        names: ['ClientError', 'ClientOSError', 'not_'],
      },
      text: 'class ClientError(Exception): ...\nclass ClientOSError(ClientError): ...\ndef not_(x): ...',
    },
  ]),
  makeFile('names/uses.py', [
    {
      symbol: 'handle',
      language: 'kotlin',
      text: 'except ClientOSError: not_(paid) # ClientOSError ClientOSError',
    },
  ]),
  makeFile('names/polygon.cpp', [
    {
      symbol: 'Polygon.operator==',

      language: 'cpp',
      text: 'bool operator==(const P& o) const;',
    },
  ]),
  makeFile('names/order.rb', [
    { symbol: 'Order.paid', language: 'ruby', text: 'def paid\n  @paid\nend' },
    { symbol: 'Order.paid?', language: 'ruby', text: 'def paid?\n  !!@paid\nend' },
  ]),
  makeFile('docs/config.md', [
    { symbol: null, kind: 'module', language: 'markdown', text: 'How the settings are loaded' },
  ]),
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'search-'));
  const paths = new GardenPaths(root);
  await mkdir(paths.project('p'), { recursive: true });
  index = new ProjectIndex(paths, 'p');
  async function* stream() {
    yield* files;
  }
  await index.update(stream(), embedder, { root });
});
afterAll(async () => {
  index.close();
  await rm(root, { recursive: true, force: true });
});

const search = (query: string, options?: SearchOptions) => index.search(query, embedder, options);
const found = async (query: string, options?: SearchOptions) =>
  (await search(query, options)).map(({ chunk }) => chunk.path);

describe('ranking', () => {
  it('gives back chunks as they were put in', async () => {
    const [first] = await search('get_user_by_id');
    expect(first?.chunk).toEqual(files[0]!.chunks[0]);
    expect(first).toMatchObject({ vectorRank: expect.any(Number), keywordRank: 1 });
  });

  it.each([
    ['get_user_by_id', 'src/users.py'],
    ['getUserById', 'src/users.py'],
    ['read a token', 'src/parser.ts'],
    ['where does `readToken` come from?', 'src/parser.ts'],
    ['what is in docs/config.md', 'docs/config.md'],
    ['config.md', 'docs/config.md'],
    ['検索', 'lib/日本語/検索 file.ts'],
    ['settings loaded', 'docs/config.md'],
  ])('%s finds %s first', async (query, path) => {
    expect((await found(query))[0]).toBe(path);
  });

  it('puts the symbol that is asked for before a neighbour in its file', async () => {
    expect((await search('Parser.close'))[0]?.chunk.symbol).toBe('Parser.close');
  });

  it('finds a named symbol among hundreds of chunks that only talk about it', async () => {
    expect((await search('where is `flush` called', { k: 1 }))[0]?.chunk.symbol).toBe('Queue.flush');
  });

  it('folds near-duplicates into one result', async () => {
    expect(
      (await found('slugify title', { k: 20 })).filter((path) => path.startsWith('copies/')),
    ).toHaveLength(1);
  });

  it('gives at most k results, and a sane number for an insane k', async () => {
    expect(await found('the', { k: 2 })).toHaveLength(2);
    expect((await found('the', { k: 0 })).length).toBe(1);
    expect((await found('the', { k: 1e9 })).length).toBeLessThanOrEqual(100);
  });
});

describe('filters', () => {
  it('keeps languages, path globs and exclusions', async () => {
    expect(await found('user token', { languages: ['python'] })).toEqual(['src/users.py']);
    expect(await found('user', { languages: ['cobol'] })).toEqual([]);
    expect(new Set(await found('user token', { pathGlob: 'src/**' }))).toEqual(
      new Set(['src/users.py', 'src/parser.ts', 'src/queue.ts']),
    );
    expect(await found('検索', { pathGlob: 'lib/日本語/*' })).toEqual(['lib/日本語/検索 file.ts']);
    expect(await found('get_user_by_id', { excludePaths: ['src/users.py'] })).not.toContain('src/users.py');
    expect(await found('quoted', { excludePaths: ["lib/it's.ts"] })).not.toContain("lib/it's.ts");
    expect((await found("lib/it's.ts"))[0]).toBe("lib/it's.ts");
    expect(await found('get_user_by_id', { languages: ['python'], pathGlob: 'lib/**' })).toEqual([]);
  });

  it('keeps kinds of symbol', async () => {
    const kinds = async (options: SearchOptions) =>
      new Set((await search('config settings user', { k: 100, ...options })).map(({ chunk }) => chunk.kind));
    expect(await kinds({ kinds: ['module'] })).toEqual(new Set(['module']));
    expect(await kinds({ kinds: ['module', 'function'] })).toEqual(new Set(['module', 'function']));
    expect(await kinds({ kinds: ['enum'] })).toEqual(new Set());
    expect(await kinds({ kinds: [] })).toEqual(new Set(['module', 'function']));
  });

  it.each([
    { languages: ["x') OR ('1' = '1"] },
    { languages: ["python'; DROP TABLE chunks; --"] },
    { languages: ['\\', "\\' OR 1=1 --"] },
    { languages: ['python\0'.slice(6)] },
    { pathGlob: "nothing') OR (1 = 1) --" },
    { pathGlob: "x' OR path LIKE '%" },
    { pathGlob: '(' },
    { pathGlob: '.*' },
  ])('treats %j as text', async (options) => {
    expect(await found('user token', options)).toEqual([]);
  });

  it('excludes what it is told to, whatever else the list holds', async () => {
    const excludePaths = ["'", '\\', 'src/parser.ts', "') OR ('' = '", 'a'.repeat(5_000), '\u{1f331}'];
    const results = await found('read the token of a user', { excludePaths, k: 100 });
    expect(results).not.toContain('src/parser.ts');
    expect(results).toContain('src/users.py');
  });

  it('refuses what is no glob', async () => {
    await expect(found('user', { pathGlob: '[z-a]' })).rejects.toMatchObject({ code: 'retrieval.bad-glob' });
  });
});

it.each([
  '',
  '   ',
  '!!! ??? ---',
  "' OR 1=1 --",
  '"unclosed phrase',
  'a AND (b OR',
  '+must -not ~1 ^2 field:value*',
  '\0\u0001\ud800',
  'DROP TABLE "chunks"',
  'the a of is',
  '../../../etc/passwd',
  '`'.repeat(50),
  'x',
  '検',
  '(a+)+$',
  '^[\\w.]*{2,}|\\b(?=x)',
  'for (const item of items) { if (item.paid?.()) return item; }',
  'src/parser.ts:1',
  '\u001b[31mred\u0007\u202e',
  'a-b-c-d-e-f-g-h-i-j-k!',
])('answers the query %j without an error', async (query) => {
  expect(Array.isArray(await found(query))).toBe(true);
});

it('says why each was found, and not the same of all', async () => {
  const [first, ...others] = await search('read a token from the parser');
  expect(first).toMatchObject({
    chunk: { path: 'src/parser.ts' },
    why: { name: expect.arrayContaining(['read', 'token']), path: ['parser'] },
  });
  expect(others.some(({ why }) => JSON.stringify(why) !== JSON.stringify(first?.why))).toBe(true);
});

it.each([
  ['a compound of Korean', '사용자인증', 'ko/auth.py'],
  ['a word inside of one', '인증', 'ko/auth.py'],
  ['one Chinese character', '查', 'zh/check.py'],
])('finds %s', async (_, query, path) => {
  expect((await found(query))[0]).toBe(path);
});

it.each([
  ['ClientOSError', 'names/errors.py'],
  ['not_', 'names/errors.py'],
  ['operator==', 'names/polygon.cpp'],
  ['paid?', 'names/order.rb'],
])('finds %s, a small declaration among others, by its exact name', async (query, path) => {
  const [first] = await search(query);
  expect(first?.chunk.path).toBe(path);
  expect(first?.why.definition).toBe(query);
});

it('answers a query of 200,000 characters', async () => {
  expect(await found(`get_user_by_id ${'very long '.repeat(20_000)}`, { k: 100 })).toContain('src/users.py');
});
