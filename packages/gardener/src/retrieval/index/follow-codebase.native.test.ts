import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 30_000 });

import { commitAll, git, makeTree } from '../../codebase/walk/tree.fixture.js';
import { GardenPaths } from '../../garden/files/paths.js';
import { type WordEmbedder, wordEmbedder } from '../embedding/word-embedder.fixture.js';
import { type FollowEvent, followCodebase } from './follow-codebase.js';
import { ProjectIndex } from './project-index.js';

const code = (name: string) => `export function ${name}(value: number): number {\n  return value + 1;\n}\n`;

let root: string;
let data: string;
let garden: GardenPaths;
let index: ProjectIndex;
let embedder: WordEmbedder;
let events: FollowEvent[];
let stop: AbortController;
let following: Promise<void>;

beforeEach(async () => {
  root = makeTree({
    'src/one.ts': code('firstFunction'),
    'src/two.ts': code('secondFunction'),
    '.gitignore': 'dist/\n',
    'node_modules/x/index.js': 'x',
    'dist/out.js': 'x',
  });
  data = mkdtempSync(join(tmpdir(), 'follow-'));
  garden = new GardenPaths(data);
  mkdirSync(garden.project('p'), { recursive: true });
  index = new ProjectIndex(garden, 'p');
  embedder = wordEmbedder();
  events = [];
});
afterEach(async () => {
  stop.abort();
  await following.catch(() => undefined);
  index.close();
  for (const folder of [data, root]) rmSync(folder, { recursive: true, force: true });
});

async function follow(): Promise<void> {
  stop = new AbortController();
  following = followCodebase(root, {
    index,
    embedder,
    signal: stop.signal,
    onEvent: (event) => events.push(event),
    quietMs: 50,
    awayMs: 50,
  });
  await until(() => ends().length > 0);
}

const ends = () => events.filter((event) => event.type === 'update-end');
const paths = async (query: string) =>
  (await index.search(query, embedder, { k: 3 })).map(({ chunk }) => chunk.path);

function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error('it has not happened');
    },
    { timeout: 20_000, interval: 20 },
  );
}

describe.each([false, true])('followCodebase (in a git repository: %s)', (inGit) => {
  beforeEach(() => {
    if (inGit) commitAll(root);
  });

  it('makes edits, new folders, renames and deletions searchable, and reads nothing else', async () => {
    await follow();
    embedder.texts.length = 0;
    appendFileSync(join(root, 'src/one.ts'), code('marsupialPouch'));
    await until(async () => (await paths('marsupialPouch'))[0] === 'src/one.ts');
    expect(embedder.texts.filter((text) => text.includes('secondFunction'))).toEqual([]);
    mkdirSync(join(root, 'src/deep/er'), { recursive: true });
    await until(() => ends().length > 2 || inGit || ends().length > 1);
    writeFileSync(join(root, 'src/deep/er/new.ts'), code('wombatBurrow'));
    await until(async () => (await paths('wombatBurrow'))[0] === 'src/deep/er/new.ts');
    renameSync(join(root, 'src/deep/er/new.ts'), join(root, 'src/moved.ts'));
    await until(async () => (await paths('wombatBurrow'))[0] === 'src/moved.ts');
    rmSync(join(root, 'src/moved.ts'));
    await until(async () => !(await paths('wombatBurrow')).includes('src/moved.ts'));
    expect(events.filter(({ type }) => type === 'update-failed')).toEqual([]);
  });

  it('makes one burst of changes into few updates, and none of what is ignored', async () => {
    await follow();
    events.length = 0;
    for (let i = 0; i < 300; i++) writeFileSync(join(root, `src/f${i}.ts`), code(`function${i}`));
    await until(async () => (await index.manifest())?.files.indexed === 302);
    expect(ends().length).toBeLessThanOrEqual(4);
    await until(() => events.at(-1)?.type === 'update-end');
    const before = events.length;
    for (let i = 0; i < 300; i++) {
      writeFileSync(join(root, `node_modules/x/f${i}.js`), 'x');
      writeFileSync(join(root, `dist/f${i}.js`), 'x');
    }
    appendFileSync(join(root, 'src/two.ts'), code('platypusBill'));
    await until(async () => (await paths('platypusBill'))[0] === 'src/two.ts');
    expect(events.slice(before).filter(({ type }) => type === 'update-end').length).toBeLessThanOrEqual(2);
  });

  it('says that the folder was moved away, keeps the index, and goes on when it is back', async () => {
    await follow();
    const elsewhere = `${root}-moved`;
    renameSync(root, elsewhere);
    await until(() => events.some(({ type }) => type === 'away'));
    expect((await paths('firstFunction'))[0]).toBe('src/one.ts');
    appendFileSync(join(elsewhere, 'src/one.ts'), code('echidnaSpine'));
    renameSync(elsewhere, root);
    await until(() => events.some(({ type }) => type === 'back'));
    await until(async () => (await paths('echidnaSpine'))[0] === 'src/one.ts');
    appendFileSync(join(root, 'src/two.ts'), code('quollTail'));
    await until(async () => (await paths('quollTail'))[0] === 'src/two.ts');
  });
});

it('follows a checkout and a commit, and embeds nothing again on the way back', async () => {
  commitAll(root);
  const main = git(root, 'branch', '--show-current').trim();
  await follow();
  git(root, 'checkout', '-q', '-b', 'other');
  for (let i = 0; i < 40; i++) writeFileSync(join(root, `src/b${i}.ts`), code(`branchOnly${i}`));
  git(root, 'add', '-A');
  git(root, 'commit', '-qm', 'other');
  const other = git(root, 'rev-parse', 'HEAD').trim();
  await until(async () => (await index.manifest())?.commit === other);
  expect((await paths('branchOnly7'))[0]).toBe('src/b7.ts');
  git(root, 'checkout', '-q', main);
  await until(async () => (await index.manifest())?.files.indexed === 2);
  const embedded = embedder.texts.length;
  git(root, 'checkout', '-q', 'other');
  await until(async () => (await index.manifest())?.files.indexed === 42);
  expect(embedder.texts.slice(embedded).filter((text) => text.includes('branchOnly'))).toEqual([]);
});

it('ends when its project is removed, and does not bring it back', async () => {
  await follow();
  rmSync(garden.project('p'), { recursive: true });
  appendFileSync(join(root, 'src/one.ts'), code('bilbyEar'));
  await expect(following).rejects.toMatchObject({ code: 'garden.unknown-project' });
  expect(readdirSync(garden.projects)).toEqual([]);
});

it('stops in the middle of an update and leaves the index consistent', async () => {
  for (let i = 0; i < 1_000; i++) writeFileSync(join(root, `src/f${i}.ts`), code(`function${i}`));
  stop = new AbortController();
  following = followCodebase(root, {
    index,
    embedder,
    signal: stop.signal,
    onEvent: (event) => events.push(event),
  });
  await until(() => embedder.texts.length > 300);
  stop.abort();
  await following;
  expect(events.map(({ type }) => type)).toEqual(['update-start']);
  expect((await index.manifest())?.complete).toBe(false);
  expect(await index.health()).toEqual({ state: 'building', error: null });
});
