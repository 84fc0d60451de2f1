import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import { wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { makeFile } from '../store/chunks.fixture.js';
import { ProjectIndex } from './project-index.js';

let root: string;
let index: ProjectIndex;
const embedder = wordEmbedder();
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'processes-'));
  const paths = new GardenPaths(root);
  await mkdir(paths.project('p'), { recursive: true });
  index = new ProjectIndex(paths, 'p');
});
afterEach(async () => {
  index.close();
  await rm(root, { recursive: true, force: true });
});

function startWriter(first: number, last: number, mark: string): ChildProcess {
  const args = [root, String(first), String(last), mark];
  return spawnEntry(new URL('./writer.fixture.js', import.meta.url), args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const ended = async (child: ChildProcess) =>
  child.exitCode ?? child.signalCode ?? (await once(child, 'exit')).find((value) => value !== null);

async function* files(last: number, mark: string) {
  for (let i = 0; i <= last; i++) {
    const text = `value of number${i} in ${mark}`;
    yield makeFile(`src/f${i}.ts`, [{ symbol: `function${i}`, text }]);
  }
}

it('a reader follows another process through updates and clean-ups, never seeing half a file', async () => {
  expect(await ended(startWriter(0, 300, 'first'))).toBe(0);
  let searches = 0;
  let mixed = 0;
  const writer = startWriter(0, 300, 'second');
  const exit = ended(writer);
  while (writer.exitCode === null) {
    const [result] = await index.search('function7', embedder);
    expect(result?.chunk.path).toBe('src/f7.ts');
    if (!result?.chunk.text.includes('number7 in')) mixed++;
    searches++;
  }
  expect(await exit).toBe(0);
  expect(searches).toBeGreaterThan(5);
  expect(mixed).toBe(0);
  expect((await index.search('function7', embedder))[0]?.chunk.text).toBe('value of number7 in second');
});

it('two processes that update at once take turns; both succeed and the later one is what is there', async () => {
  const writers = [startWriter(0, 200, 'one'), startWriter(0, 400, 'two')];
  expect(await Promise.all(writers.map(ended))).toEqual([0, 0]);
  const manifest = await index.manifest();
  expect(manifest?.complete).toBe(true);
  expect([201, 401]).toContain(manifest?.chunks);
  const results = await index.search('value number', embedder, { k: 100 });
  expect(results.length).toBeGreaterThan(0);
});

it('kill -9 in the middle of an update: what was committed answers, the rest is done by the next one', async () => {
  const writer = startWriter(0, 3_000, 'killed');
  let commits = 0;
  for await (const line of writer.stdout!) {
    commits += String(line).split('\n').length - 1;
    if (commits >= 3) break;
  }
  writer.kill('SIGKILL');
  expect(await ended(writer)).toBe('SIGKILL');
  const partial = await index.manifest();
  expect(partial?.complete).toBe(false);
  expect((await index.search('value number', embedder)).length).toBeGreaterThan(0);
  const manifest = await index.update(files(3_000, 'killed'), embedder, { root });
  expect(manifest).toMatchObject({ complete: true, chunks: 3_001, files: { seen: 3_001, indexed: 3_001 } });
  expect(embedder.texts.length).toBeLessThan(3_001);
  expect((await index.search('function2999', embedder))[0]?.chunk.text).toBe('value of number2999 in killed');
  expect(await index.health()).toEqual({ state: 'ready', error: null });
});
