import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeTestFleet, type TestFleet } from './fleet.fixture.js';

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await makeTestFleet();
});
afterEach(() => fleet.remove());

const list = (...lines: string[]) => fleet.write('list.txt', lines.join('\n'));
const names = async () => (await fleet.garden.registry.list()).map(({ name }) => name);

it('adds what is new, leaves what is known, says why it refuses, and fetches models once', async () => {
  const [shop = '', api = ''] = await fleet.code('shop', 'api');
  await fleet.write('empty/notes.txt', 'no code');
  const fetched: (readonly string[])[] = [];
  const fetchModels = async (ids: readonly string[]) => fetched.push(ids);
  const source = await list(
    shop,
    api,
    join(fleet.root, 'gone'),
    join(fleet.root, 'empty'),
    fleet.garden.paths.root,
  );
  const first = await fleet.add(source, { fetchModels });
  expect(first.map(({ name, state, files }) => ({ name, state, files }))).toEqual([
    { name: 'shop', state: 'added', files: 1 },
    { name: 'api', state: 'added', files: 1 },
    ...Array.from({ length: 3 }, () => ({ name: null, state: 'refused', files: null })),
  ]);
  expect(first.map(({ reason }) => reason)).toEqual([
    ...[null, null, expect.stringContaining('There is nothing at'), expect.stringMatching(/\S/)],
    expect.stringContaining('the data directory'),
  ]);
  expect(fetched).toHaveLength(1);

  await fleet.code('web');
  const again = await fleet.add(await list(shop, api, 'web'), { fetchModels });
  expect(again.map(({ name, state }) => [name, state])).toEqual([
    ['shop', 'known'],
    ['api', 'known'],
    ['web', 'added'],
  ]);
  expect(again[0]?.id).toBe(first[0]?.id);
  expect(await names()).toEqual(['api', 'shop', 'web']);
  await fleet.add(await list(shop), { fetchModels });
  expect(fetched).toHaveLength(2);
});

it('adds the same codebase once, whatever it is called', async () => {
  const [shop = ''] = await fleet.code('shop');
  await symlink(shop, join(fleet.root, 'link'));
  const outcomes = await fleet.add(await list(shop, 'link as other', `${shop}/`));
  expect(outcomes.map(({ state, name, reason }) => [state, name, reason])).toEqual([
    ['added', 'shop', null],
    ['known', 'shop', 'The list has named it before.'],
    ['known', 'shop', 'The list has named it before.'],
  ]);
  expect(await names()).toEqual(['shop']);
});

it('gives folders that are called the same names of their own, and refuses a name that is taken', async () => {
  await fleet.code('red/api', 'blue/api', 'far/red/api', 'shop', 'store');
  const outcomes = await fleet.add(
    await list('red/api', 'blue/api', 'far/red/api', 'shop as till', 'store as till', 'store as a/b'),
  );
  expect(outcomes.map(({ name }) => name)).toEqual(['api', 'blue-api', 'red-api', 'till', null, null]);
  expect(outcomes[4]?.reason).toContain('already called "till"');
  expect(outcomes[5]?.reason).toContain("cannot be a project's name");
  // Added before under the same name as here: nothing moves.
  const again = await fleet.add(await list('blue/api', 'red/api'));
  expect(again.map(({ name, state }) => [name, state])).toEqual([
    ['blue-api', 'known'],
    ['api', 'known'],
  ]);
});

it('refuses a codebase inside another one, in the list or among the projects, in either order', async () => {
  await fleet.code('shop', 'shop/api', 'far/in', 'shopping');
  const outcomes = await fleet.add(await list('shop', 'shop/api', 'shopping'));
  expect(outcomes.map(({ state }) => state)).toEqual(['added', 'refused', 'added']);
  expect(outcomes[1]?.reason).toContain('It lies inside the folder of shop,');
  await fleet.add(await list('far/in'));
  await fleet.code('far');
  expect(await fleet.add(await list('far'))).toMatchObject([
    { state: 'refused', reason: expect.stringContaining('It holds the folder of in,') },
  ]);
});

it('takes a repository within a repository: git keeps them apart', async () => {
  await fleet.code('shop', 'shop/vendor/tool');
  for (const folder of ['shop', 'shop/vendor/tool'])
    execFileSync('git', ['init', '-q'], { cwd: join(fleet.root, folder) });
  const outcomes = await fleet.add(await list('shop', 'shop/vendor/tool'));
  expect(outcomes.map(({ name, state, files }) => [name, state, files])).toEqual([
    ['shop', 'added', 1],
    ['tool', 'added', 1],
  ]);
});

it('adds 500 lines in one go', { timeout: 120_000 }, async () => {
  const folders = Array.from({ length: 500 }, (_, n) => `code/p${n}`);
  await fleet.code(...folders);
  const told: number[] = [];
  const outcomes = await fleet.add(await list(...folders), { onProgress: (done) => told.push(done) });
  expect(outcomes.filter(({ state, id }) => state === 'added' && id !== null)).toHaveLength(500);
  expect(told).toEqual(folders.map((_, n) => n));
  expect(await names()).toHaveLength(500);
});

it('ends when it is told to; what was added by then stays', async () => {
  await fleet.code('a', 'b');
  const controller = new AbortController();
  const adding = fleet.add(await list('a', 'b'), {
    signal: controller.signal,
    fetchModels: async () => controller.abort(),
  });
  await expect(adding).rejects.toMatchObject({ name: 'AbortError' });
  expect(await names()).toEqual([]);
});

it('refuses a base that cannot be before it looks at anything', async () => {
  await mkdir(join(fleet.root, 'a'));
  await expect(fleet.add(await list('a'), { baseModel: 'no-such-model' })).rejects.toMatchObject({
    code: expect.stringMatching(/^models\./),
  });
});
