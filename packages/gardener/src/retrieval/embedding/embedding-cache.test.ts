import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EmbeddingCache } from './embedding-cache.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'embedding-cache-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const vector = (seed: number) => Float32Array.from({ length: 4 }, (_, i) => Math.sin(seed + i));
const open = (model = 'm', maxBytes?: number) =>
  EmbeddingCache.open(root, model, 4, maxBytes === undefined ? {} : { maxBytes });

it('gives back what it was given, also when opened again', async () => {
  const cache = await open();
  await cache.put(
    new Map([
      ['a', vector(1)],
      ['日本', vector(2)],
    ]),
  );
  expect((await cache.get(['a', 'b', '日本'])).size).toBe(2);
  const again = await (await open()).get(['日本', 'b']);
  expect(again).toEqual(new Map([['日本', vector(2)]]));
});

it('never gives a vector of another model, even where the folder is the same', async () => {
  await (await open('a/b')).put(new Map([['x', vector(1)]]));
  expect((await (await open('a.b')).get(['x'])).size).toBe(0);
});

it('treats a cut, foreign or altered segment as unknown texts', async () => {
  const cache = await open();
  await cache.put(new Map([['a', vector(1)]]));
  await cache.put(new Map([['b', vector(2)]]));
  const names = (await readdir(join(root, 'm'))).map((name) => join(root, 'm', name));
  await truncate(names[0]!, (await stat(names[0]!)).size - 3);
  await writeFile(join(root, 'm', 'foreign.vectors'), 'not a segment, but long enough to hold a header');
  const found = await (await open()).get(['a', 'b']);
  expect(found.size).toBe(1);
  expect(await readdir(join(root, 'm'))).toHaveLength(1);
});

it('notices one flipped bit of a vector', async () => {
  const cache = await open();
  await cache.put(new Map([['a', vector(1)]]));
  const file = join(root, 'm', (await readdir(join(root, 'm')))[0]!);
  const bytes = await import('node:fs/promises').then((fs) => fs.readFile(file));
  bytes[bytes.length - 2]! ^= 1;
  await writeFile(file, bytes);
  expect((await (await open()).get(['a'])).size).toBe(0);
});

it('merges many small segments without losing one', async () => {
  const cache = await open();
  for (let i = 0; i < 40; i++) await cache.put(new Map([[`text ${i}`, vector(i)]]));
  await cache.tidy();
  expect((await readdir(join(root, 'm'))).length).toBe(1);
  const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
  expect((await cache.get(texts)).size).toBe(40);
  expect((await (await open()).get(texts)).get('text 39')).toEqual(vector(39));
});

it('keeps what it is given after another process has removed the folder of all caches', async () => {
  const cache = await open();
  await cache.put(new Map([['before', vector(1)]]));
  await rm(root, { recursive: true });
  await cache.put(new Map([['after', vector(2)]]));
  await cache.tidy();
  expect(await cache.get(['before', 'after'])).toEqual(new Map([['after', vector(2)]]));
  expect(await (await open()).get(['before', 'after'])).toEqual(new Map([['after', vector(2)]]));
});

it('removes the segments used longest ago when over the cap', async () => {
  const cache = await open('m', 120);
  for (const text of ['old', 'middle', 'new']) await cache.put(new Map([[text, vector(1)]]));
  const long = new Date(Date.now() - 1e6);
  for (const name of await readdir(join(root, 'm'))) await utimes(join(root, 'm', name), long, long);
  await cache.get(['old', 'new']);
  await cache.tidy();
  const found = await (await open('m', 120)).get(['old', 'middle', 'new']);
  expect([...found.keys()].sort()).toEqual(['new', 'old']);
});

it.skipIf(process.platform === 'win32')(
  'leaves nothing of a segment that could not be written whole',
  async () => {
    const script = `
    import { EmbeddingCache } from ${JSON.stringify(join(import.meta.dirname, 'embedding-cache.ts'))};
    const cache = await EmbeddingCache.open(${JSON.stringify(root)}, 'm', 4096);
    await cache.put(new Map([['a', new Float32Array(4096).fill(1)]]));
    process.stdout.write(String((await cache.get(['a'])).size));`;
    // No file of this process may be larger than 4 KiB: writing ends half-way, as on a disk that becomes full.
    const node = '"$0" --conditions=source --import tsx --input-type=module --eval "$1"';
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `trap "" XFSZ; ulimit -f 4; ${node}`, process.execPath, script],
      { encoding: 'utf8' },
    );
    expect(stdout, stderr).toBe('0');
    expect(await readdir(join(root, 'm'))).toEqual([]);
  },
);

it('caches nothing and throws nothing where the folder cannot be written', async () => {
  await writeFile(join(root, 'm'), 'a file where the folder should be');
  const cache = await open();
  await cache.put(new Map([['a', vector(1)]]));
  await cache.tidy();
  expect((await cache.get(['a'])).size).toBe(0);
});
