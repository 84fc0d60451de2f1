import { link, mkdir, mkdtemp, readdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Garden, openGarden } from '../garden.js';
import type { ProjectRecord } from '../project-record.js';
import { appendEvent, createRun, readRunEvents } from '../runs/runs.js';
import { keepDiskLimit } from './disk-limit.js';
import { findSpare } from './disk-spare.js';
import { bytesOnDisk, diskUsage } from './disk-usage.js';
import { tidyDisk } from './tidy-disk.js';

const BLOCK = 64 * 1024;
let folder: string;
let garden: Garden;
let project: ProjectRecord;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'garden-disk-'));
  garden = await openGarden({ dataDir: join(folder, 'data') });
  await mkdir(join(folder, 'shop'));
  project = await garden.registry.add({ path: join(folder, 'shop'), baseModel: 'base' });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fill(path: string, bytes = BLOCK): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, Buffer.alloc(bytes, 1));
  return path;
}

async function adapter(version: number, runId: string | null): Promise<void> {
  const directory = garden.paths.adapter(project.id, version);
  await fill(join(directory, 'adapter.gguf'));
  await writeFile(join(directory, 'manifest.json'), JSON.stringify({ settings: { runId } }));
}

/** A run with a checkpoint, its adapter's first place, and data. */
async function run(isEnded: boolean): Promise<string> {
  const { id } = await createRun(garden.paths, project.id, 'train', {});
  const directory = garden.paths.run(project.id, id);
  for (const part of ['checkpoint', 'output', 'data']) await fill(join(directory, part, 'file'));
  if (isEnded) await appendEvent(directory, { type: 'run-cancel' });
  return id;
}

/** A folder that a command put together, or took away, when it was killed two hours ago. */
async function leftLongAgo(path: string): Promise<void> {
  const longAgo = Date.now() / 1000 - 7_200;
  const file = await fill(join(path, 'adapter.gguf'));
  for (const part of [file, path]) await utimes(part, longAgo, longAgo);
}

const spareKinds = async () => (await findSpare(garden.paths)).map(({ kind, label }) => `${kind}: ${label}`);

test('each part is counted, all parts together are the whole', async () => {
  const { paths } = garden;
  await fill(join(paths.baseModel('base'), 'weights.gguf'), 4 * BLOCK);
  await fill(join(paths.embeddingCache, 'minilm', 'a.vectors'));
  await fill(join(paths.index(project.id), 'table'), 2 * BLOCK);
  await fill(join(paths.conversations(project.id), 'one.jsonl'));
  const usage = await diskUsage(paths);
  const [own] = usage.projects;
  expect(usage.baseModelsBytes).toBeGreaterThanOrEqual(4 * BLOCK);
  expect(usage.cacheBytes).toBeGreaterThanOrEqual(BLOCK);
  expect(own?.indexBytes).toBeGreaterThanOrEqual(2 * BLOCK);
  expect(own?.conversationsBytes).toBeGreaterThanOrEqual(BLOCK);
  expect(own?.totalBytes).toBeGreaterThan((own?.indexBytes ?? 0) + (own?.conversationsBytes ?? 0));
  expect(usage.totalBytes).toBe(await bytesOnDisk(paths.root));
});

test('links are not followed, a second name of a file costs nothing, a hole costs nothing, what is gone is nothing', async () => {
  const { paths } = garden;
  const outside = await fill(join(folder, 'outside', 'large'), 100 * BLOCK);
  const before = (await diskUsage(paths)).totalBytes;
  await symlink(dirname(outside), join(paths.root, 'link'));
  const file = await fill(join(paths.root, 'cache', 'file'), 4 * BLOCK);
  await link(file, join(paths.root, 'cache', 'second-name'));
  await writeFile(join(paths.root, 'cache', 'sparse'), '');
  await truncate(join(paths.root, 'cache', 'sparse'), 1000 * BLOCK);
  const grown = (await diskUsage(paths)).totalBytes - before;
  expect(grown).toBeGreaterThanOrEqual(4 * BLOCK);
  expect(grown).toBeLessThan(6 * BLOCK);
  expect(await bytesOnDisk(join(folder, 'nowhere'))).toBe(0);
});

test('measuring survives files that vanish meanwhile', async () => {
  const many = join(garden.paths.root, 'cache', 'many');
  for (let n = 0; n < 50; n++) await fill(join(many, String(n), 'file'), 1);
  const [usage] = await Promise.all([
    diskUsage(garden.paths),
    ...Array.from({ length: 50 }, (_, n) => rm(join(many, String(n)), { recursive: true })),
  ]);
  expect(usage.totalBytes).toBeGreaterThan(0);
});

test('what can be spared: never the promoted adapter, the newest two, their runs, or the newest run', async () => {
  const runs: string[] = [];
  for (let n = 0; n < 5; n++) runs.push(await run(true));
  for (const [n, id] of runs.slice(0, 4).entries()) await adapter(n + 1, id);
  await garden.registry.update(project.id, { promotedAdapter: 1 });
  await fill(join(garden.paths.logs, 'runner.log.2'));
  await fill(join(garden.paths.logs, 'runner.log.1'));
  await leftLongAgo(join(garden.paths.adapters(project.id), '.removed-x'));
  // Somebody imports an adapter at this moment.
  await fill(join(garden.paths.adapters(project.id), '.forming-import-y', 'adapter.gguf'));
  const old = await fill(join(garden.paths.embeddingCache, 'm', 'old.vectors'));
  await fill(join(garden.paths.embeddingCache, 'm', 'new.vectors'));
  await utimes(old, 1, 1);

  const spare = await findSpare(garden.paths);
  const of = (kind: string) => spare.filter((item) => item.kind === kind).map(({ path }) => path);
  expect([...new Set(spare.map(({ kind }) => kind))]).toEqual([
    'leftover',
    'checkpoint',
    'cache',
    'adapter',
    'run',
    'log',
  ]);
  expect(of('checkpoint')).toHaveLength(10);
  expect(of('cache')[0]).toBe(old);
  expect(of('adapter')).toEqual([garden.paths.adapter(project.id, 2)]);
  expect(of('run')).toEqual([garden.paths.run(project.id, runs[1] ?? '')]);
  expect(of('log').map((path) => path.slice(-2))).toEqual(['.2', '.1']);
});

test('what a newest run that has failed goes on from stays; once there is a newer one it can go', async () => {
  const id = await run(false);
  const failure = { code: 'garden.disk-full', message: 'It is full.', remedy: 'Free some.' };
  await appendEvent(garden.paths.run(project.id, id), { type: 'run-fail', error: failure });
  expect(await spareKinds()).toEqual([]);
  await run(true);
  expect((await spareKinds()).filter((kind) => kind.includes(id))).toEqual([
    `checkpoint: checkpoint of run ${id} of shop`,
    `checkpoint: output of run ${id} of shop`,
    `run: run ${id} of shop`,
  ]);
});

test('what comes to be needed while others go stays', async () => {
  for (const version of [1, 2, 3, 4]) await adapter(version, null);
  const { removed } = await tidyDisk(garden.paths, 0, async ({ path }) => {
    // A person promotes the second one while the first one goes.
    if (path === garden.paths.adapter(project.id, 1))
      await garden.registry.update(project.id, { promotedAdapter: 2 });
  });
  expect(removed.map(({ path }) => path)).toEqual([garden.paths.adapter(project.id, 1)]);
  expect(await bytesOnDisk(garden.paths.adapter(project.id, 2))).toBeGreaterThan(0);
});

test('a state file whose writer was killed can be spared wherever it lies, once nobody can be writing it', async () => {
  const left = await fill(join(garden.paths.conversations(project.id), 'one.json.abcdefghij23.tmp'));
  const own = await fill(join(garden.paths.conversations(project.id), 'notes.tmp'));
  expect(await spareKinds()).toEqual([]);
  const longAgo = Date.now() / 1000 - 7_200;
  for (const file of [left, own]) await utimes(file, longAgo, longAgo);
  expect((await findSpare(garden.paths)).map(({ path }) => path)).toEqual([left]);
});

test('nothing of a project at work can be spared, nor of one whose record is damaged', async () => {
  const ended = await run(true);
  for (const version of [1, 2, 3, 4]) await adapter(version, ended);
  await run(false);
  expect(await spareKinds()).toEqual([]);
  await writeFile(garden.paths.projectFile(project.id), '{');
  expect(await spareKinds()).toEqual([]);
});

test('no more goes than must, what goes is told first, and what is left over is said', async () => {
  await run(true);
  await fill(join(garden.paths.embeddingCache, 'm', 'a.vectors'));
  const { totalBytes } = await diskUsage(garden.paths);
  const told: string[] = [];
  const once = await tidyDisk(garden.paths, totalBytes - BLOCK / 2, ({ label }) => void told.push(label));
  expect(once.removed).toHaveLength(1);
  expect(once.fits).toBe(true);
  expect(once.bytesBefore).toBeGreaterThanOrEqual(totalBytes);
  expect(once.bytesAfter).toBeLessThanOrEqual(totalBytes - BLOCK);
  expect(told[0]).toMatch(/^checkpoint of run .* of shop$/);
  const all = await tidyDisk(garden.paths, 1);
  expect(all.fits).toBe(false);
  expect(await spareKinds()).toEqual([]);
  expect((await tidyDisk(garden.paths, all.bytesAfter + BLOCK)).removed).toEqual([]);
});

test('the limit of the settings is kept after a run, and its events tell what went', async () => {
  const directory = garden.paths.run(project.id, await run(true));
  await keepDiskLimit(garden.paths, directory);
  expect(await findSpare(garden.paths)).not.toEqual([]);
  await fill(join(garden.paths.index(project.id), 'table'), 2e6);
  await writeFile(garden.paths.settingsFile, '{"maxDiskMegabytes": 1}');
  await keepDiskLimit(garden.paths, directory);
  expect(await readdir(directory)).not.toContain('checkpoint');
  const { events } = await readRunEvents(directory);
  const told = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
  expect(told.join('\n')).toMatch(/Disk: checkpoint of run .* was removed \(6\d KiB\)/);
  expect(told.at(-1)).toMatch(/nothing in it can be spared/);
});

test('remove leaves the tree as it was before add', async () => {
  await garden.registry.remove('shop');
  const tree = async () => (await readdir(garden.paths.root, { recursive: true })).sort();
  const before = await tree();
  project = await garden.registry.add({ path: join(folder, 'shop'), baseModel: 'base' });
  const { paths } = garden;
  await garden.registry.setActive('shop');
  await adapter(1, await run(true));
  await fill(join(paths.index(project.id), 'chunks.lance', 'data', '1'));
  await fill(join(paths.conversations(project.id), 'one.jsonl'));
  await fill(join(paths.embeddingCache, 'm', 'a.vectors'));
  // As a command leaves them that is killed while it holds a lock.
  await mkdir(join(paths.locks, `index-${project.id}.lock`));
  await mkdir(join(paths.locks, `conversation-${project.id}-abc.lock`));
  await garden.registry.remove('shop');
  expect((await tree()).filter((name) => name !== 'cache')).toEqual(before);
});
