import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJson } from './files/json-state.js';
import type { GardenPaths } from './files/paths.js';
import { openGarden } from './garden.js';
import { projectRecordSchema } from './project-record.js';
import type { Registry } from './registry.js';
import { createRun } from './runs/runs.js';

let folder: string;
let paths: GardenPaths;
let registry: Registry;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'garden-registry-')));
  ({ paths, registry } = await openGarden({ dataDir: join(folder, 'data') }));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function codebase(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  return path;
}

const add = async (name: string) => registry.add({ path: await codebase(name), baseModel: 'base' });

test('a project is found by id, by name and by path, also through a link and from a relative path', async () => {
  const made = await add('alpha');
  await add('beta');
  expect(made).toMatchObject({ name: 'alpha', trainingStatus: 'not_started', promotedAdapter: null });
  expect(made.id).toMatch(/^[a-z2-7]{12}$/);
  await symlink(made.path, join(folder, 'link'));
  for (const key of [made.id, 'alpha', made.path, join(folder, 'link'), `${made.path}/../alpha/`]) {
    expect(await registry.get(key)).toEqual(made);
  }
  await rm(made.path, { recursive: true });
  expect(await registry.get(made.path)).toEqual(made);
  expect((await registry.list()).map((project) => project.name)).toEqual(['alpha', 'beta']);
});

test('an unknown project is said, with the known ones', async () => {
  await expect(registry.get('nothing')).rejects.toMatchObject({
    code: 'garden.unknown-project',
    remedy: expect.stringContaining('gardener add'),
  });
  await add('alpha');
  await expect(registry.get('nothing')).rejects.toMatchObject({ remedy: expect.stringContaining('alpha') });
  await expect(registry.update('nothing', {})).rejects.toMatchObject({ code: 'garden.unknown-project' });
  await expect(registry.remove('nothing')).rejects.toMatchObject({ code: 'garden.unknown-project' });
});

test('the same path twice says its name and offers refresh', async () => {
  const { path } = await add('alpha');
  await symlink(path, join(folder, 'link'));
  for (const again of [path, join(folder, 'link')]) {
    await expect(registry.add({ name: 'other', path: again, baseModel: 'base' })).rejects.toMatchObject({
      code: 'garden.project-exists',
      message: expect.stringContaining('"alpha"'),
      remedy: expect.stringContaining('gardener refresh alpha'),
    });
  }
  expect(await registry.list()).toHaveLength(1);
});

test('a name twice asks for --name', async () => {
  await add('one/app');
  const second = await codebase('two/app');
  await expect(registry.add({ path: second, baseModel: 'base' })).rejects.toMatchObject({
    code: 'garden.name-taken',
    remedy: expect.stringContaining('--name'),
  });
  const named = await registry.add({ name: 'app-2', path: second, baseModel: 'base' });
  await expect(registry.update(named.id, { name: 'app' })).rejects.toMatchObject({
    code: 'garden.name-taken',
  });
});

test.each(['', ' a', 'a/b', 'a\\b', 'a\u001b[2J', 'a\n', 'x'.repeat(201)])('%j is no name', async (name) => {
  const path = await codebase('alpha');
  await expect(registry.add({ name, path, baseModel: 'base' })).rejects.toMatchObject({
    code: 'garden.bad-name',
  });
});

test('a path that is no codebase is said as such', async () => {
  const file = join(folder, 'file.txt');
  await writeFile(file, 'x');
  await symlink(join(folder, 'loop'), join(folder, 'loop'));
  const cases = [
    [join(folder, 'gone'), 'codebase.path-missing'],
    [file, 'codebase.not-a-directory'],
    [join(file, 'below'), 'codebase.path-missing'],
    [join(folder, 'loop'), 'codebase.unreadable'],
  ] as const;
  for (const [path, code] of cases) {
    await expect(registry.add({ path, baseModel: 'base' })).rejects.toMatchObject({ code });
  }
  expect(await readdir(paths.projects)).toEqual([]);
});

test('updates keep what they do not name, and do not lose each other', async () => {
  const { id } = await add('alpha');
  await Promise.all([
    registry.update(id, { promotedAdapter: 2 }),
    registry.update(id, { trainingStatus: 'completed', trainingReason: 'done' }),
    registry.update(id, { name: 'gamma' }),
  ]);
  expect(await registry.get(id)).toMatchObject({
    name: 'gamma',
    promotedAdapter: 2,
    trainingStatus: 'completed',
    trainingReason: 'done',
    path: join(folder, 'alpha'),
  });
});

test('the active project is kept, and gone when it is removed', async () => {
  expect(await registry.active()).toBeNull();
  const { id } = await add('alpha');
  await add('beta');
  await registry.setActive('alpha');
  expect((await registry.active())?.id).toBe(id);
  await registry.remove('beta');
  expect((await registry.active())?.id).toBe(id);
  await registry.remove('alpha');
  expect(await registry.active()).toBeNull();
  await expect(registry.setActive('alpha')).rejects.toMatchObject({ code: 'garden.unknown-project' });
});

test('remove deletes all of the project and nothing of the codebase; ids do not come back', async () => {
  const { id, path } = await add('alpha');
  await writeFile(join(path, 'code.ts'), 'export {};');
  await mkdir(paths.adapter(id, 1), { recursive: true });
  await writeFile(join(paths.adapter(id, 1), 'adapter.gguf'), 'x');
  await registry.remove(path);
  expect(await readdir(paths.projects)).toEqual([]);
  expect(await readFile(join(path, 'code.ts'), 'utf8')).toBe('export {};');
  expect((await add('alpha')).id).not.toBe(id);
});

test('what a killed command left half removed is swept up and never listed', async () => {
  await mkdir(join(paths.projects, '.removed-aaaaaaaaaaaa', 'index'), { recursive: true });
  await add('alpha');
  expect(await registry.list()).toHaveLength(1);
  expect((await registry.read()).problems).toEqual([]);
  await registry.remove('alpha');
  expect(await readdir(paths.projects)).toEqual([]);
});

test('removing once more after a kill takes away what the first has left', async () => {
  await mkdir(join(paths.projects, '.removed-aaaaaaaaaaaa', 'index'), { recursive: true });
  await expect(registry.remove('aaaaaaaaaaaa')).rejects.toMatchObject({ code: 'garden.unknown-project' });
  expect(await readdir(paths.projects)).toEqual([]);
});

describe('a damaged record', () => {
  const damage = (id: string, text: string) => writeFile(paths.projectFile(id), text);
  const withoutCopy = (id: string) => rm(join(paths.project(id), 'project.copy.json'));

  test('is put together again from its copy, and stays so', async () => {
    const before = await registry.update((await add('alpha')).id, { promotedAdapter: 3 });
    await damage(before.id, '{"schemaVersion":1,');
    expect(await registry.get('alpha')).toEqual(before);
    expect(await readJson(paths.projectFile(before.id), projectRecordSchema)).toEqual(before);
    await rm(paths.projectFile(before.id));
    expect(await registry.list()).toEqual([before]);
    expect((await registry.read()).problems).toEqual([]);
  });

  test('is put together from what can be read of it, else from its runs, with the adapter that passed its gate', async () => {
    const { id, path } = await add('alpha');
    for (const version of [1, 2]) {
      await mkdir(paths.adapter(id, version), { recursive: true });
      await writeFile(join(paths.adapter(id, version), 'scorecard.json'), `{"promoted":${version === 1}}`);
    }
    await createRun(paths, id, 'index');
    const expected = { id, name: 'alpha', path, baseModel: 'base', promotedAdapter: 1 };
    for (const text of [
      `{"schemaVersion":1,"id":"${id}","name":"alpha","path":"${path}","base`,
      '\0\0\0\0',
    ]) {
      await withoutCopy(id);
      await damage(id, text);
      expect(await registry.get('alpha')).toMatchObject(expected);
    }
    expect(await registry.get(path)).toMatchObject(expected);
  });

  test('that cannot be, is told to whoever names the project, and to who may mean it', async () => {
    const { id } = await add('alpha');
    await withoutCopy(id);
    await damage(id, `{"name":"alpha","pa`);
    const damaged = { code: 'garden.damaged-file' };
    await expect(registry.get('alpha')).rejects.toMatchObject(damaged);
    await expect(registry.get('other')).rejects.toMatchObject({ code: 'garden.unknown-project' });
    await rm(`${paths.projectFile(id)}.damaged-1`);
    await expect(registry.get('other')).rejects.toMatchObject(damaged);
    await registry.remove(id);
    expect((await registry.read()).problems).toEqual([]);
  });

  test('of a codebase that was added again comes back beside it', async () => {
    const first = await add('alpha');
    await rename(paths.project(first.id), join(folder, 'kept'));
    const second = await add('alpha');
    await rename(join(folder, 'kept'), paths.project(first.id));
    await damage(first.id, 'x');
    // The second time it is read from its own record.
    for (let look = 0; look < 2; look++) {
      expect((await registry.list()).map(({ id, name }) => [id, name])).toEqual([
        [second.id, 'alpha'],
        [first.id, `alpha-${first.id.slice(0, 4)}`],
      ]);
    }
  });
});

test('one truncated project.json does not hide the others, and is named, set aside, and removable', async () => {
  const good = await add('alpha');
  const bad = await add('beta');
  const file = paths.projectFile(bad.id);
  await rm(join(paths.project(bad.id), 'project.copy.json'));
  await truncate(file, 40);
  const text = await readFile(file, 'utf8');
  expect(await registry.list()).toEqual([good]);
  // Also on the second look, when the file has already been set aside.
  for (let look = 0; look < 2; look++) {
    expect((await registry.read()).problems).toMatchObject([
      {
        id: bad.id,
        error: { code: 'garden.damaged-file', details: { file, setAside: `${file}.damaged-1` } },
      },
    ]);
  }
  await expect(registry.get(bad.id)).rejects.toMatchObject({ code: 'garden.damaged-file' });
  await expect(registry.update(bad.id, { promotedAdapter: 1 })).rejects.toMatchObject({
    code: 'garden.damaged-file',
  });
  expect(await readFile(`${file}.damaged-1`, 'utf8')).toBe(text);
  await expect(registry.get(bad.id)).rejects.toMatchObject({
    remedy: expect.stringContaining(`${basename(file)}.damaged-1`),
  });

  await registry.remove(bad.id);
  expect((await registry.read()).problems).toEqual([]);
  expect(await readdir(paths.projects)).toEqual([good.id]);
});
