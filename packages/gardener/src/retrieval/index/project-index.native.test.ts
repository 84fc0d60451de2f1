import { mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import type { FileOutcome } from '../../codebase/walk/file-outcome.js';
import { GardenPaths } from '../../garden/files/paths.js';
import { type WordEmbedder, wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { makeFile } from '../store/chunks.fixture.js';
import type { UpdateProgress } from './index-update.js';
import { ProjectIndex, type UpdateOptions } from './project-index.js';

let root: string;
let paths: GardenPaths;
let index: ProjectIndex;
let embedder: WordEmbedder;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'index ä#?%-'));
  paths = new GardenPaths(root);
  await mkdir(paths.project('p'), { recursive: true });
  index = new ProjectIndex(paths, 'p');
  embedder = wordEmbedder();
});
afterEach(async () => {
  index.close();
  await rm(root, { recursive: true, force: true });
});

type Item = ChunkedFile | FileOutcome;
async function* stream(items: Item[]): AsyncGenerator<Item> {
  for (const item of items) yield item;
}
const update = (items: Item[], options: Partial<UpdateOptions> = {}) =>
  index.update(stream(items), embedder, { root, ...options });
const search = (query: string, options = {}) => index.search(query, embedder, options);
const pathsOf = (results: { chunk: { path: string } }[]) => results.map(({ chunk }) => chunk.path);
const code = (value: string) => expect.objectContaining({ code: value });

const parser = makeFile('src/parser.ts', [
  { symbol: 'Parser.readToken', kind: 'method', text: 'readToken() { return this.tokens.shift() }' },
  {
    symbol: 'Parser.parseExpression',
    kind: 'method',
    text: 'parseExpression() { return climb(this) }',
    startLine: 20,
  },
]);
const users = makeFile('src/users.py', [
  {
    symbol: 'get_user_by_id',
    language: 'python',
    docstring: 'Look up one account in the database.',
    text: 'def get_user_by_id(id):\n    return db.find(id)',
  },
]);
const readme: FileOutcome = { path: 'README.bin', outcome: 'skipped', reason: 'binary' };
const broken: FileOutcome = { path: 'src/bad.ts', outcome: 'failed', reason: 'unreadable' };

describe('before the first update', () => {
  it('refuses a search with the command that helps, and creates nothing', async () => {
    await expect(search('anything')).rejects.toThrow(code('retrieval.no-index'));
    expect(await index.manifest()).toBeNull();
    expect(await index.outcomes()).toEqual([]);
    expect(await index.health()).toEqual({ state: 'none', error: null });
    expect(await readdir(root, { recursive: true })).toEqual(['projects', join('projects', 'p')]);
  });
});

describe('update', () => {
  it('counts every file: seen = indexed + skipped + failed', async () => {
    const manifest = await update([parser, readme, users, broken]);
    expect(manifest.files).toEqual({
      seen: 4,
      indexed: 2,
      skipped: { binary: 1 },
      failed: { unreadable: 1 },
    });
    expect(manifest).toMatchObject({ chunks: 3, complete: true, embeddingModel: 'words', commit: null });
    expect(await index.manifest()).toEqual(manifest);
    expect((await index.outcomes()).map(({ path, outcome }) => `${path} ${outcome}`)).toEqual([
      'README.bin skipped',
      'src/bad.ts failed',
      'src/parser.ts indexed',
      'src/users.py indexed',
    ]);
    expect(await index.health()).toEqual({ state: 'ready', error: null });
  });

  it('says of a file that what its grammar does not know was read around', async () => {
    await update([parser, { ...users, isRecovered: true }]);
    expect(await index.outcomes()).toEqual([
      { path: 'src/parser.ts', outcome: 'indexed', reason: null },
      { path: 'src/users.py', outcome: 'indexed', reason: null, isRecovered: true },
    ]);
  });

  it('embeds and writes only what changed, and removes what is gone', async () => {
    await update([parser, users]);
    embedder.texts.length = 0;
    const changed = makeFile('src/users.py', [{ symbol: 'remove_user', text: 'def remove_user(): pass' }]);
    const manifest = await update([parser, changed]);
    expect(embedder.texts).toHaveLength(1);
    expect(manifest.chunks).toBe(3);
    expect((await search('remove_user'))[0]?.chunk.symbol).toBe('remove_user');
    const all = await search('user', { k: 100 });
    expect(all.map(({ chunk }) => chunk.symbol)).not.toContain('get_user_by_id');
    const fewer = await update([parser]);
    expect(fewer.files.seen).toBe(1);
    expect(pathsOf(await search('remove_user', { k: 100 }))).not.toContain('src/users.py');
  });

  it('embeds nothing again after a rename that keeps the text, a branch switch and back', async () => {
    await update([parser, users]);
    await update([parser]);
    embedder.texts.length = 0;
    await update([parser, users]);
    expect(embedder.texts).toEqual([]);
    expect((await search('get_user_by_id'))[0]?.chunk.path).toBe('src/users.py');
  });

  it('says that nothing was indexed instead of claiming success, and why', async () => {
    await expect(update([readme, broken])).rejects.toMatchObject({
      code: 'retrieval.nothing-indexed',
      message: expect.stringContaining('1 binary'),
      details: { files: { seen: 2, indexed: 0 } },
    });
    await expect(search('x')).rejects.toThrow(code('retrieval.nothing-indexed'));
    await expect(update([])).rejects.toThrow(code('retrieval.nothing-indexed'));
  });

  it('takes rows out when a file cannot be read any more', async () => {
    await update([parser, users]);
    const manifest = await update([
      parser,
      { path: 'src/users.py', outcome: 'failed', reason: 'unreadable' },
    ]);
    expect(manifest).toMatchObject({ chunks: 2, files: { seen: 2, indexed: 1, failed: { unreadable: 1 } } });
  });

  it('survives a file met twice, equal chunk ids and a file named __proto__', async () => {
    const twice = makeFile('a.ts', [{ text: 'first' }]);
    const proto = makeFile('__proto__', [{ text: 'second' }]);
    const same = makeFile('b.ts', [
      { id: 'same', text: 'third' },
      { id: 'same', text: 'fourth' },
    ]);
    const manifest = await update([twice, twice, proto, same]);
    expect(manifest).toMatchObject({ chunks: 3, files: { seen: 3, indexed: 3 } });
    await update([twice, proto, same]);
    expect((await index.manifest())?.chunks).toBe(3);
  });

  it('reports progress and lets a search find the part that is there while it goes on', async () => {
    const found: number[] = [];
    const other = new ProjectIndex(paths, 'p');
    async function* slow() {
      for (let i = 0; i < 900; i++) {
        if (i === 899) found.push((await other.search('number 7', embedder)).length);
        yield makeFile(`src/f${i}.ts`, [{ symbol: `f${i}`, text: `number ${i}` }]);
      }
    }
    const seen: number[] = [];
    await index.update(slow(), embedder, { root, onProgress: ({ chunks }) => seen.push(chunks) });
    other.close();
    expect(found[0]).toBeGreaterThan(0);
    expect(seen.at(-1)).toBe(900);
  });
});

describe('an update that is cut off', () => {
  const many = Array.from({ length: 600 }, (_, i) =>
    makeFile(`src/f${i}.ts`, [{ symbol: `function${i}`, text: `value of number${i}` }]),
  );

  it('keeps what was committed, says that it is not complete, and goes on from there', async () => {
    const abort = new AbortController();
    async function* cut() {
      for (const [i, file] of many.entries()) {
        if (i === 550) abort.abort(new Error('stop'));
        yield file;
      }
    }
    await expect(index.update(cut(), embedder, { root, signal: abort.signal })).rejects.toThrow('stop');
    const manifest = await index.manifest();
    expect(manifest?.complete).toBe(false);
    expect(manifest?.chunks).toBeGreaterThan(0);
    expect(manifest?.files.seen).toBe(manifest?.files.indexed);
    expect(await index.health()).toEqual({ state: 'building', error: null });
    expect((await search('function3'))[0]?.chunk.path).toBe('src/f3.ts');
    expect(await update(many)).toMatchObject({ complete: true, chunks: 600, vectors: 600 });
    expect(new Set(embedder.texts).size).toBe(embedder.texts.length);
  });

  it('finds by words and names while vectors follow, and goes on with them where it was cut off', async () => {
    const abort = new AbortController();
    async function* all() {
      yield* many;
    }
    const onProgress = ({ embedded }: UpdateProgress) => {
      if (embedded >= 200) abort.abort(new Error('stop'));
    };
    embedder.texts.length = 0;
    await expect(index.update(all(), embedder, { root, signal: abort.signal, onProgress })).rejects.toThrow(
      'stop',
    );
    const manifest = await index.manifest();
    expect(manifest).toMatchObject({ complete: false, chunks: 600 });
    expect(manifest?.vectors).toBeGreaterThan(0);
    expect(manifest?.vectors).toBeLessThan(600);
    const waiting = (await search('function599'))[0];
    expect(waiting).toMatchObject({ chunk: { path: 'src/f599.ts' }, why: { definition: 'function599' } });
    expect(await index.symbolGraph()).not.toBeNull();
    expect(await update(many)).toMatchObject({ complete: true, chunks: 600, vectors: 600 });
    expect(embedder.texts).toHaveLength(600);
    expect(new Set(embedder.texts).size).toBe(600);
    expect((await search('function599'))[0]?.why.meaning).toBeGreaterThan(0);
  });

  it('counts a file as ready once it needs nothing more, and never takes one back', async () => {
    const ready: number[] = [];
    await update(many, { onProgress: (progress) => ready.push(progress.ready) });
    expect(ready).toEqual(ready.toSorted((a, b) => a - b));
    expect(ready[0]).toBe(0);
    expect(ready.at(-1)).toBe(600);
  });

  it('deletes what it has made again of a project that was removed meanwhile', async () => {
    await writeFile(paths.projectFile('p'), '{}');
    await update([parser]);
    async function* removing() {
      yield parser;
      await rm(paths.project('p'), { recursive: true });
      yield users;
    }
    const updating = index.update(removing(), embedder, { root });
    await expect(updating).rejects.toThrow(code('garden.unknown-project'));
    expect(await readdir(paths.projects)).toEqual([]);
  });

  it('keeps the index as it was where the walk itself fails', async () => {
    await update([parser, users]);
    async function* failing() {
      yield parser;
      throw new Error('the disk went away');
    }
    await expect(index.update(failing(), embedder, { root })).rejects.toThrow('the disk went away');
    expect(await index.manifest()).toMatchObject({
      chunks: 3,
      complete: false,
      files: { seen: 2, indexed: 2 },
    });
    expect((await search('get_user_by_id'))[0]?.chunk.path).toBe('src/users.py');
  });
});

describe('damage', () => {
  const dataFiles = async () => {
    const folder = paths.index('p');
    const table = (await readdir(folder)).find((name) => name.endsWith('.lance'))!;
    const data = join(folder, table, 'data');
    return { table: join(folder, table), files: (await readdir(data)).map((name) => join(data, name)) };
  };

  it('notices a table whose data was cut, refuses to answer from it, and rebuilds it without embedding again', async () => {
    await update([parser, users]);
    for (const file of (await dataFiles()).files)
      await truncate(file, Math.floor((await stat(file)).size / 2));
    index.close();
    index = new ProjectIndex(paths, 'p');
    expect(await index.health()).toMatchObject({
      state: 'damaged',
      error: { code: 'retrieval.damaged-index' },
    });
    await expect(search('get_user_by_id')).rejects.toThrow(code('retrieval.damaged-index'));
    embedder.texts.length = 0;
    expect(await update([parser, users])).toMatchObject({ chunks: 3, complete: true });
    expect(embedder.texts).toEqual([]);
    expect((await search('get_user_by_id'))[0]?.chunk.path).toBe('src/users.py');
    expect(await readdir(paths.index('p'))).toContain('damaged-chunks');
  });

  it('rebuilds a table that is missing, or has lost its versions', async () => {
    await update([parser, users]);
    await rm(join((await dataFiles()).table, '_versions'), { recursive: true });
    index.close();
    await expect(search('user')).rejects.toThrow(code('retrieval.damaged-index'));
    expect(await update([parser, users])).toMatchObject({ chunks: 3 });
    await rm((await dataFiles()).table, { recursive: true });
    index.close();
    await expect(search('user')).rejects.toThrow(code('retrieval.damaged-index'));
    expect(await update([parser, users])).toMatchObject({ chunks: 3 });
    expect(await search('user')).not.toEqual([]);
  });

  it('says that a damaged manifest is damage, and rebuilds it from the table', async () => {
    await update([parser, users]);
    await writeFile(join(paths.index('p'), 'manifest.json'), '{"schemaVersion": 1, "chunks": -4');
    await expect(search('user')).rejects.toThrow(code('retrieval.damaged-index'));
    embedder.texts.length = 0;
    expect(await update([parser, users])).toMatchObject({ chunks: 3, complete: true });
    expect(embedder.texts).toEqual([]);
  });
});

it('never mixes vectors of two models: a search is refused, an update builds anew and drops the old table', async () => {
  await update([parser, users]);
  const other = wordEmbedder('other/words', 32);
  await expect(index.search('user', other)).rejects.toThrow(code('retrieval.other-embedding-model'));
  await index.update(stream([parser, users]), other, { root });
  expect(other.texts).toHaveLength(3);
  await expect(search('user')).rejects.toThrow(code('retrieval.other-embedding-model'));
  expect((await index.search('get_user_by_id', other))[0]?.chunk.path).toBe('src/users.py');
  const tables = (await readdir(paths.index('p'))).filter((name) => name.endsWith('.lance'));
  expect(tables).toEqual([expect.stringMatching(/^chunks-v\d+-other_words\.lance$/)]);
});

it('keeps no more embeddings than it is given room for', async () => {
  await mkdir(paths.project('tight'));
  const tight = new ProjectIndex(paths, 'tight', { embeddingCacheMegabytes: 0 });
  for (const project of ['tight', 'p']) {
    const one = project === 'p' ? index : tight;
    embedder.texts.length = 0;
    await one.update(stream([parser]), embedder, { root });
    await rm(paths.index(project), { recursive: true });
    await one.update(stream([parser]), embedder, { root });
    // With room the index is made again without embedding, without room it is embedded again.
    expect(embedder.texts).toHaveLength(project === 'p' ? 2 : 4);
  }
  tight.close();
});

it('does not let the folder grow with switches of branches, with a reader open (50 of them: bench/freshness)', async () => {
  const reader = new ProjectIndex(paths, 'p');
  const branch = (name: string) => [
    parser,
    ...Array.from({ length: 50 }, (_, i) => makeFile(`src/${i}.ts`, [{ text: `${name} number ${i}` }])),
  ];
  const sizes: number[] = [];
  for (let i = 0; i < 12; i++) {
    await update(branch(i % 2 === 0 ? 'main' : 'feature'));
    expect((await reader.search('readToken', embedder))[0]?.chunk.path).toBe('src/parser.ts');
    sizes.push(await folderBytes(paths.index('p')));
  }
  reader.close();
  expect(sizes.at(-1)! / sizes[1]!).toBeLessThan(1.5);
});

it('refuses a second update while one goes on', async () => {
  await mkdir(paths.locks, { recursive: true });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* waiting() {
    yield parser;
    await held;
  }
  const first = index.update(waiting(), embedder, { root });
  const second = new ProjectIndex(paths, 'p');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await expect(second.update(stream([users]), embedder, { root, lockTimeoutMs: 200 })).rejects.toThrow(
    code('garden.busy'),
  );
  release();
  expect(await first).toMatchObject({ chunks: 2 });
  second.close();
});

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
