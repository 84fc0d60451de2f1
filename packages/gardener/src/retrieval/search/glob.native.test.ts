import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowOf } from '../store/chunk-row.js';
import { ChunkStore } from '../store/chunk-store.js';
import { makeChunk, makeFile } from '../store/chunks.fixture.js';
import { globToRegularExpression, pathCondition } from './glob.js';

const matches = (glob: string, path: string) => new RegExp(globToRegularExpression(glob), 'u').test(path);

describe('globToRegularExpression', () => {
  it.each([
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/deep/a.ts', false],
    ['src/**/*.ts', 'src/a.ts', true],
    ['src/**/*.ts', 'src/deep/er/a.ts', true],
    ['src/**', 'src/deep/a.py', true],
    ['src/', 'src/deep/a.py', true],
    ['*.py', 'deep/down/a.py', true],
    ['*.py', 'a.pyc', false],
    ['./src/a.ts', 'src/a.ts', true],
    ['src/{a,b}.ts', 'src/b.ts', true],
    ['src/{a,b}.ts', 'src/c.ts', false],
    ['src/?.ts', 'src/ab.ts', false],
    ['src/[ab].ts', 'src/a.ts', true],
    ['src/[!ab].ts', 'src/a.ts', false],
    ['app/[id]/page.tsx', 'app/i/page.tsx', true],
    ['a+b(c).ts', 'a+b(c).ts', true],
    ['src/{a.ts', 'src/{a.ts', true],
    ['日本/*.ts', '日本/語.ts', true],
    ['.*', 'anything', false],
  ])('%s on %s: %s', (glob, path, expected) => {
    expect(matches(glob, path)).toBe(expected);
  });
});

it.each(['[z-a].ts', 'a'.repeat(600)])('refuses %s', (glob) => {
  expect(() => globToRegularExpression(glob)).toThrow(
    expect.objectContaining({ code: 'retrieval.bad-glob' }),
  );
});

it('asks the table for the paths that match, in whatever form it asks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'glob-'));
  const store = new ChunkStore(folder, 'none');
  const paths = [
    ...['src/a.ts', 'src/a.tsx', 'src/deep/er/a.ts', 'src/deep/er/b.py', 'srcs/a.ts', 'src', 'a.ts', '.ts'],
    ...[
      "it's/100%_x.ts",
      'it/100%_x.ts',
      'src/.ts',
      'src/日本/語.ts',
      'test/src/a.ts',
      'a\\b/c.ts',
      'src/a[1].ts',
    ],
  ];
  const rows = paths.map((path, i) => {
    const chunk = makeChunk({ path, id: `id${i}`, symbol: null, text: path });
    return rowOf(chunk, makeFile(path, [chunk]), Float32Array.of(1, 0));
  });
  try {
    await store.create(2);
    await store.replace(paths, rows);
    const globs = [
      'src/**',
      'src/',
      'src',
      'src/a.ts',
      'a.ts',
      '*.ts',
      '**/*.ts',
      'src/**/*.ts',
      'src/*.ts',
      'src*',
    ];
    globs.push(
      'src*/**',
      '**',
      '*',
      '**/deep/**',
      "it's/**",
      '*%_x.ts',
      'src/**/a.*',
      '*.{ts,py}',
      'src/a[[]1].ts',
      '**/src/**',
    );
    for (const glob of globs) {
      const matching = new RegExp(globToRegularExpression(glob), 'u');
      const found = (await store.where(pathCondition(glob), 100)).map(({ path }) => String(path));
      expect([glob, ...found.sort()]).toEqual([glob, ...paths.filter((path) => matching.test(path)).sort()]);
    }
  } finally {
    store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
