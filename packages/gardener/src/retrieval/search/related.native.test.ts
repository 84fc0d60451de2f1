import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../index/project-index.js';
import { refreshIndex } from '../index/refresh-index.js';

let root: string;
let index: ProjectIndex;

const files = {
  'src/retry.ts': [
    "import { wait } from './wait.js';",
    '/** Calls again after a growing delay. */',
    'export async function retryCall(work: () => Promise<void>) {',
    '  for (let delay = 1; delay < 100; delay *= 2) {',
    '    await wait(delay);',
    '    await work();',
    '  }',
    '}',
    '',
  ].join('\n'),
  'src/wait.ts': [
    '/** Waits for a delay. */',
    'export function wait(delay: number): Promise<void> {',
    '  const promise = new Promise<void>((resolve) => {',
    '    setTimeout(resolve, delay);',
    '  });',
    '  return promise;',
    '}',
    '',
  ].join('\n'),
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'related-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, 'code', path)), { recursive: true });
    await writeFile(join(root, 'code', path), text);
  }
  const paths = new GardenPaths(join(root, 'data'));
  await mkdir(paths.project('p'), { recursive: true });
  index = new ProjectIndex(paths, 'p');
  await refreshIndex(index, join(root, 'code'), wordEmbedder());
});
afterAll(async () => {
  index.close();
  await rm(root, { recursive: true, force: true });
});

it('tells what a place uses, what uses it, and what is like it', async () => {
  const found = await index.related({ path: 'src/retry.ts', line: 5 });
  expect(found.at).toMatchObject({ path: 'src/retry.ts', symbol: 'retryCall' });
  expect(found.uses).toMatchObject([{ path: 'src/wait.ts', symbol: 'wait' }]);
  expect(found.imports).toEqual(['src/wait.ts']);
  expect(found.similar.map(({ path }) => path)).toContain('src/wait.ts');
  const other = await index.related({ path: 'src/wait.ts', line: 4 });
  expect(other.usedBy).toMatchObject([{ symbol: 'retryCall' }]);
  expect(other.importedBy).toEqual(['src/retry.ts']);
});

it('takes the nearest code for a line beyond all, and refuses a file that is not there', async () => {
  expect((await index.related({ path: 'src/wait.ts', line: 9_999 })).at.symbol).toBe('wait');
  await expect(index.related({ path: 'src/none.ts', line: 1 })).rejects.toMatchObject({
    code: 'retrieval.unknown-place',
  });
});

it('finds definition and references of a symbol', async () => {
  const found = await index.symbol({ name: 'wait' });
  expect(found.definitions).toMatchObject([
    { path: 'src/wait.ts', startLine: 2, symbol: 'wait', usedBy: [{ symbol: 'retryCall' }] },
  ]);
  expect(found.references.map(({ path, line }) => `${path}:${line}`)).toEqual([
    'src/retry.ts:1',
    'src/retry.ts:5',
  ]);
  expect(found.isCut).toBe(false);
  await expect(index.symbol({ name: 'nothing_of_this' })).rejects.toMatchObject({
    code: 'retrieval.unknown-symbol',
  });
});
