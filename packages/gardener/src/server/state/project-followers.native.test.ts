import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { chunkCodebase } from '../../codebase/read/chunk-codebase.js';
import { type Garden, openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { appendEvent, createRun } from '../../garden/runs/runs.js';
import type { Embedder } from '../../retrieval/embedding/embedder.js';
import { wordEmbedder } from '../../retrieval/embedding/word-embedder.fixture.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { readManifest, writeManifest } from '../../retrieval/store/manifest.js';
import { ProjectFollowers } from './project-followers.js';

let root: string;
let garden: Garden;
let followers: ProjectFollowers;
let errors: unknown[];
/** Embedding waits for it, as with a large update. */
let gate: Promise<void>;
let openGate: () => void;
let isEmbedding: boolean;

const words = wordEmbedder();
const embedder: Embedder = {
  ...words,
  async embed(texts, signal) {
    isEmbedding = true;
    const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    await Promise.race([gate, aborted]);
    return words.embed(texts, signal);
  },
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'followers-'));
  garden = await openGarden({ dataDir: join(root, 'data'), settings: { logLevel: 'silent' } });
  errors = [];
  gate = Promise.resolve();
  isEmbedding = false;
  followers = new ProjectFollowers(garden, {
    useEmbedder: async () => ({ value: embedder, release: () => undefined }),
    onUpdate: () => undefined,
    onError: (error) => errors.push(error),
  });
});
afterEach(async () => {
  openGate?.();
  await followers.close();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

/** A project of one file, without an index. */
async function add(name: string): Promise<ProjectRecord> {
  await mkdir(join(root, name));
  await edit({ path: join(root, name) }, name);
  return garden.registry.add({ path: join(root, name), baseModel: 'smollm2-135m-instruct' });
}

const edit = ({ path }: { path: string }, word: string) =>
  writeFile(join(path, 'a.ts'), `export function ${word}(value: number) {\n  return value + 1;\n}\n`);

async function addIndexed(name: string): Promise<ProjectRecord> {
  const project = await add(name);
  const index = new ProjectIndex(garden.paths, project.id);
  await index.update(chunkCodebase(project.path), words, { root: project.path });
  index.close();
  return project;
}

const manifestOf = ({ id }: ProjectRecord) => readManifest(garden.paths.index(id));
const isComplete = async (project: ProjectRecord) => (await manifestOf(project))?.complete;
const eventually = (condition: () => unknown) =>
  vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error('it has not happened');
    },
    { timeout: 60_000, interval: 20 },
  );

/** As an update leaves it that was cut off, also by kill -9. */
async function cutOff(project: ProjectRecord): Promise<void> {
  const manifest = await manifestOf(project);
  if (manifest === null) throw new Error('there is no index');
  await writeManifest(garden.paths.index(project.id), { ...manifest, complete: false });
}

/** Follows a project and lets the first update after an edit wait. */
async function followIntoUpdate(project: ProjectRecord): Promise<void> {
  gate = new Promise((resolve) => {
    openGate = resolve;
  });
  await edit(project, 'edited');
  followers.use(project);
  await eventually(() => isEmbedding);
}

it('takes up an index whose update was cut off in a process that has gone', async () => {
  const project = await addIndexed('shop');
  await cutOff(project);
  followers.use(project);
  await eventually(() => isComplete(project));
  expect(followers.isFollowing(project.id)).toBe(true);
});

it('leaves an index to the run that makes it, and takes it up when that has ended or goes on to train', async () => {
  const project = await addIndexed('shop');
  await cutOff(project);
  const { id } = await createRun(garden.paths, project.id, 'train');
  const directory = garden.paths.run(project.id, id);
  for (const stage of [null, 'preparing'] as const) {
    if (stage !== null) await appendEvent(directory, { type: 'stage-start', stage });
    followers.use(project);
    await eventually(() => !followers.isFollowing(project.id));
    expect(await isComplete(project)).toBe(false);
  }
  await appendEvent(directory, { type: 'stage-start', stage: 'training' });
  followers.use(project);
  await eventually(() => isComplete(project));
  await followers.forget(project.id);
  await cutOff(project);
  await appendEvent(directory, { type: 'run-pause' });
  followers.use(project);
  await eventually(() => !followers.isFollowing(project.id));
  await appendEvent(directory, { type: 'run-cancel' });
  followers.use(project);
  await eventually(() => isComplete(project));
  expect(errors).toEqual([]);
});

it('takes an update up again that a change of the settings has cut off', async () => {
  const project = await addIndexed('shop');
  await followIntoUpdate(project);
  const before = await manifestOf(project);
  const restarting = followers.restart();
  await eventually(async () => (await isComplete(project)) === false);
  openGate();
  await restarting;
  await eventually(() => isComplete(project));
  expect((await manifestOf(project))?.indexedAt).not.toBe(before?.indexedAt);
  expect(followers.isFollowing(project.id)).toBe(true);
});

it('lets no project without an index take the place of one that is followed', async () => {
  const followed = await addIndexed('shop');
  followers.use(followed);
  const others: ProjectRecord[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) others.push(await add(name));
  for (const project of others) followers.use(project);
  await eventually(() => others.every(({ id }) => !followers.isFollowing(id)));
  expect(followers.isFollowing(followed.id)).toBe(true);
});

it.each([
  ['ends the oldest of five after its update', false],
  ['keeps the oldest of five when it is used again before its update has ended', true],
])('%s', async (_name, isUsedAgain) => {
  const [oldest, second, ...others] = await Promise.all(['p0', 'p1', 'p2', 'p3', 'p4'].map(addIndexed));
  if (oldest === undefined || second === undefined) throw new Error('there are no projects');
  await followIntoUpdate(oldest);
  const before = (await manifestOf(oldest))?.indexedAt;
  for (const project of [second, ...others]) {
    const earlier = (await manifestOf(project))?.indexedAt;
    followers.use(project);
    await eventually(async () => (await manifestOf(project))?.indexedAt !== earlier);
  }
  if (isUsedAgain) followers.use(oldest);
  openGate();
  const [stays, goes] = isUsedAgain ? [oldest, second] : [second, oldest];
  await eventually(() => !followers.isFollowing(goes.id));
  await eventually(async () => (await manifestOf(oldest))?.indexedAt !== before);
  await eventually(() => isComplete(oldest));
  for (const { id } of [stays, ...others]) expect(followers.isFollowing(id)).toBe(true);
  expect(errors).toEqual([]);
});
