import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { spawnEntry } from '../processes/spawn-entry.js';
import { readJson, readJsonIfPresent, writeJson } from './json-state.js';

const fixture = new URL('../command.fixture.js', import.meta.url);
const schema = z.object({ count: z.number() });
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-json-'));
  file = join(folder, 'state.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was written is read, and nothing else is left in the folder', async () => {
  await writeJson(file, { count: 1 });
  await writeJson(file, { count: 2 });
  expect(await readJson(file, schema)).toEqual({ count: 2 });
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('a reader never sees half a file while others write', async () => {
  const long = 'x'.repeat(200_000);
  const writing = Promise.all([1, 2, 3, 4].map((count) => writeJson(file, { count, long })));
  await writeJson(file, { count: 0, long });
  for (let n = 0; n < 20; n++) expect((await readJson(file, schema)).count).toBeLessThan(5);
  await writing;
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('a process that is killed before the rename leaves the old state', async () => {
  await writeJson(file, { count: 1 });
  const child = spawnEntry(fixture, ['die-before-rename', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  expect(await readJson(file, schema)).toEqual({ count: 1 });
  const [left = ''] = (await readdir(folder)).filter((name) => name !== 'state.json');
  expect(left).toMatch(/^state\.json\.\w+\.tmp$/);
});

test('a missing file is garden.file-missing, or null', async () => {
  await expect(readJson(file, schema)).rejects.toMatchObject({ code: 'garden.file-missing' });
  expect(await readJsonIfPresent(file, schema)).toBeNull();
});

test.each(['', '{"count": 1', 'not json', '{"count": "many"}', '\0\0\0\0'])(
  '%j is set aside, each time anew',
  async (text) => {
    for (const n of [1, 2]) {
      await writeFile(file, text);
      const failure = readJson(file, schema);
      await expect(failure).rejects.toMatchObject({
        code: 'garden.damaged-file',
        details: { file, setAside: `${file}.damaged-${n}` },
      });
      await expect(failure).rejects.toThrow(`${file}.damaged-${n}`);
      expect(await readFile(`${file}.damaged-${n}`, 'utf8')).toBe(text);
    }
    expect(await readJsonIfPresent(file, schema)).toBeNull();
  },
);

test('a failed write leaves the old state and no temporary file', async () => {
  await mkdir(file);
  await expect(writeJson(file, { count: 1 })).rejects.toMatchObject({ code: 'garden.file-operation-failed' });
  expect(await readdir(folder)).toEqual(['state.json']);
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'no permission is said as such',
  async () => {
    await writeFile(file, '{"count": 1}');
    await chmod(file, 0);
    await expect(readJson(file, schema)).rejects.toMatchObject({ code: 'garden.permission-denied' });
  },
);
