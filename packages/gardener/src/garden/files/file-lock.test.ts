import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnEntry } from '../processes/spawn-entry.js';
import { withLock } from './file-lock.js';

const fixture = new URL('../command.fixture.js', import.meta.url);
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-lock-'));
  file = join(folder, 'count');
  await writeFile(file, '0');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Makes the last sign of life of a lock's holder so old, as if so many seconds had gone by since. */
async function age(seconds: number): Promise<void> {
  const time = Date.now() / 1000 - seconds;
  await utimes(`${file}.lock`, time, time);
}

test('three processes lose no increment', async () => {
  const children = [1, 2, 3].map(() => spawnEntry(fixture, ['count', folder, '40'], { stdio: 'ignore' }));
  await Promise.all(children.map((child) => once(child, 'exit')));
  expect(await readFile(file, 'utf8')).toBe('120');
});

test('waiting ends with garden.busy; a killed holder is succeeded', async () => {
  const holder = spawnEntry(fixture, ['hold', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout ?? holder, 'data');
  await expect(withLock(file, async () => 1, { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'garden.busy',
    retryable: true,
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await age(11);
  expect(await withLock(file, async () => 2, { timeoutMs: 300 })).toBe(2);
});

test('the lock is given back when the work fails, and its folder is made when missing', async () => {
  const deep = join(folder, 'a', 'b');
  await expect(withLock(deep, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(deep, async () => 'yes', { timeoutMs: 100 })).toBe('yes');
});

test('in one process too, one at a time', async () => {
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
  };
  await Promise.all([1, 2, 3, 4].map(() => withLock(file, work)));
});

test('a killed holder is succeeded also when the clock was set back after it had locked', async () => {
  await mkdir(`${file}.lock`);
  await age(-3600);
  expect(await withLock(file, async () => 'taken over', { staleMs: 100 })).toBe('taken over');
});
