import { existsSync } from 'node:fs';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latestRun } from '../../garden/runs/runs.js';
import { findModel } from '../../models/store/find-model.js';
import { saveEmptyAdapter } from '../../training/adapters/saved-adapter.fixture.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let test: TestGarden;
let shop: string;
beforeEach(async () => {
  test = await makeTestGarden();
  shop = join(test.root, 'shop');
  await mkdir(shop);
  await writeFile(join(shop, 'cart.ts'), 'export const cart = [];\n');
});
afterEach(() => {
  vi.unstubAllEnvs();
  return test.remove();
});

const NO_PROJECT = {
  exitCode: 1,
  code: 'cli.no-project',
  message: 'There is no project yet.',
  remedy: 'Add a codebase first: gardener add <path>.',
};

describe('with no project yet', () => {
  it.each([
    ['cancel'],
    ['pause'],
    ['resume'],
    ['train'],
    ['refresh'],
    ['evaluate'],
    ['models', 'compare'],
    ['map'],
    ['watch'],
    ['chat'],
    ['search', 'x'],
    ['search', '--text', 'x'],
    ['related', 'a.ts:1'],
    ['symbol', 'x'],
    ['ask', 'x'],
    ['status', '--files'],
    ['status', '--secrets'],
  ])('gardener %s says so', async (...asked) => {
    // A conversation has no JSON.
    if (asked[0] === 'chat') {
      const { code, stdout, stderr } = await test.gardener('chat');
      expect([code, stdout, stderr]).toEqual([
        1,
        '',
        `error: ${NO_PROJECT.message}\ntry: ${NO_PROJECT.remedy}\n`,
      ]);
    } else expect(await test.failure(...asked)).toEqual(NO_PROJECT);
  });

  it.each([
    ['switch', 'shop'],
    ['remove', 'shop'],
    ['promote', 'shop'],
    ['status', 'shop'],
    ['export', 'shop', '--format', 'peft', '--to', 'out'],
    ['import', 'shop', 'folder'],
    ['push', 'shop', '--to', 'out'],
    ['pull', 'shop', '--from', 'out'],
    ['search', 'x', '-p', 'shop'],
    ['complete', 'a.ts:1', '-p', 'shop'],
  ])('gardener %s %s knows no such project', async (...words) => {
    expect(await test.failure(...words)).toEqual({
      exitCode: 1,
      code: 'garden.unknown-project',
      message: 'There is no project "shop".',
      remedy: 'Run `gardener add <path>` first.',
    });
  });

  it('lists nothing, and says how to begin', async () => {
    expect(await test.gardener('list')).toEqual({
      code: 0,
      stdout: 'No project yet.\nAdd a codebase: gardener add <path>\n',
      stderr: '',
    });
    expect(await test.gardener('status')).toEqual({
      code: 0,
      stdout: 'No project yet. Add a codebase: gardener add <path>\n',
      stderr: '',
    });
    expect(await test.json('list')).toEqual([]);
    expect(await test.json('status')).toEqual([]);
  });
});

describe('options', () => {
  it.each([
    [['train', '--budget', '5x'], 'cli.bad-duration'],
    [['refresh', '--budget', '2s'], 'cli.bad-duration'],
    [['add', '.', '--budget', '25h'], 'cli.bad-duration'],
    [['search', 'x', '-k', '0'], 'cli.bad-number'],
    [['map', '--tokens', 'many'], 'cli.bad-number'],
    [['complete', 'a.ts:1', '--max-tokens', '-1'], 'cli.bad-number'],
    [['complete', 'a.ts'], 'cli.bad-place'],
    [['complete', 'a.ts:0'], 'cli.bad-place'],
    [['list', '--data-dir', ' '], 'cli.bad-data-dir'],
    [['fleet'], 'cli.no-command'],
    [['lst'], 'cli.unknown-command'],
    [['list', '--fast'], 'cli.unknown-option'],
    [['switch'], 'cli.missing-argument'],
    [['export', 'shop', '--to', 'x'], 'cli.missing-mandatory-option-value'],
    [['push', 'shop'], 'cli.missing-mandatory-option-value'],
    [['pull', 'shop'], 'cli.missing-mandatory-option-value'],
    [['export', 'shop', '--format', 'zip', '--to', 'x'], 'cli.invalid-argument'],
  ])('gardener %j ends with 2 and %s', async (words, code) => {
    expect(await test.failure(...words)).toMatchObject({ exitCode: 2, code });
  });

  it('tells what was meant, and where the help is', async () => {
    expect((await test.failure('lst')).remedy).toBe('gardener list (see gardener --help)');
    expect((await test.failure('list', '--jsn')).remedy).toContain('gardener list --help');
  });

  it('shows the help without a command, and of each command', async () => {
    const help = await test.gardener('--help');
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('Start here:');
    const one = await test.gardener('help', 'promote');
    expect([one.code, one.stderr]).toEqual([0, '']);
    expect(one.stdout).toContain('gardener promote shop base');
  });
});

describe('one project', () => {
  beforeEach(() => test.add('shop', shop));

  it('is listed, and marked once it is the active one', async () => {
    const { stdout } = await test.gardener('list');
    expect(stdout).toBe(`   shop  0 files  not trained  base model  ${shop}\n`);
    expect(await test.gardener('switch', 'shop')).toEqual({
      code: 0,
      stdout: 'shop is active; the base model answers.\n',
      stderr: '',
    });
    expect((await test.gardener('list')).stdout.startsWith('*  shop')).toBe(true);
    expect(await test.json('switch', shop)).toMatchObject({ project: { name: 'shop', path: shop } });
  });

  it('is one of two: without an active one the command asks which', async () => {
    const blog = join(test.root, 'blog');
    await mkdir(blog);
    await test.add('blog', blog);
    expect(await test.failure('map')).toEqual({
      exitCode: 1,
      code: 'cli.no-project',
      message: 'No project is active.',
      remedy: 'Name one, or make one active with gardener switch: blog, shop.',
    });
  });

  it('is pushed to folders and pulled from them, and a mistake is told before a model is fetched', async () => {
    const address = { exitCode: 1, code: 'training.store-unsupported' };
    expect(await test.failure('push', 'shop', '--to', 'gs://bucket')).toMatchObject(address);
    expect(await test.failure('pull', 'shop', '--from', 'gs://bucket')).toMatchObject(address);
    const bucket = { exitCode: 1, code: 'training.store-bad-address' };
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
    expect(await test.failure('push', 'shop', '--to', 's3://Not A Bucket')).toMatchObject(bucket);
    vi.unstubAllEnvs();
    expect(await test.failure('push', 'shop', '--to', test.root)).toMatchObject({
      code: 'training.no-such-adapter',
    });
    expect(await test.failure('pull', 'shop', '--from', join(test.root, 'nowhere'))).toMatchObject({
      exitCode: 1,
      code: 'training.nothing-pushed',
    });
    expect(await test.failure('pull', 'shop', '--from', test.root, '--name', '../x')).toMatchObject({
      code: 'training.bad-artefact-name',
    });
  });

  it.each([['cancel'], ['pause'], ['resume']])('gardener %s has nothing to steer', async (command) => {
    expect(await test.failure(command, 'shop')).toEqual({
      exitCode: 1,
      code: 'training.no-run',
      message: 'Nothing is under way for shop.',
      remedy: 'Start with gardener train shop, or look at gardener status shop.',
    });
  });

  it.each([
    ['search', 'x'],
    ['ask', 'x'],
  ])('gardener %s says that there is no index yet', async (...words) => {
    expect(await test.failure(...words)).toEqual({
      exitCode: 1,
      code: 'cli.index-not-ready',
      message: 'shop has no index yet.',
      remedy: 'Make it with gardener refresh shop.',
    });
  });

  it('has no adapter to promote', async () => {
    const none = { exitCode: 1, code: 'training.no-such-adapter', remedy: 'Train one: gardener train shop.' };
    expect(await test.failure('promote', 'shop')).toEqual({ ...none, message: 'shop has no adapter yet.' });
    expect(await test.failure('promote', 'shop', '3')).toEqual({
      ...none,
      message: 'shop has no adapter 3.',
    });
    expect(await test.failure('promote', 'shop', '1e3')).toMatchObject({
      ...none,
      message: 'shop has no adapter "1e3".',
    });
    expect(await test.gardener('promote', 'shop', 'base')).toEqual({
      code: 0,
      stdout: 'shop: the base model alone answers from now on.\n',
      stderr: '',
    });
  });

  it('promotes the newest adapter, or the one that is named', async () => {
    for (const version of [1, 2]) {
      const { paths, registry } = test.garden;
      await saveEmptyAdapter(paths, await registry.get('shop'), version);
    }
    expect((await test.gardener('promote', 'shop')).stdout).toBe('shop: adapter 2 answers from now on.\n');
    expect(await test.json('promote', 'shop', '1')).toMatchObject({
      adapter: { version: 1, promoted: true },
    });
    expect((await test.gardener('list')).stdout).toContain('adapter 1');
    expect(await test.failure('promote', 'shop', '3')).toMatchObject({
      remedy: 'Choose one that it has (1, 2), or the base model alone: gardener promote shop base.',
    });
    expect((await test.garden.registry.get('shop')).promotedAdapter).toBe(1);
  });

  it('is not removed unasked, and leaves its codebase when it is', async () => {
    expect(await test.failure('remove', 'shop')).toMatchObject({ exitCode: 1, code: 'cli.cannot-ask' });
    expect(await test.json('remove', 'shop', '--yes')).toMatchObject({ removed: { name: 'shop' } });
    expect(await test.json('list')).toEqual([]);
  });

  it('a damaged record is told beside the list, and can be removed by its id', async () => {
    const { paths, registry } = test.garden;
    const { id } = await registry.get('shop');
    await rm(join(paths.project(id), 'project.copy.json'));
    await writeFile(paths.projectFile(id), '{');
    const { code, stderr } = await test.gardener('list');
    expect(code).toBe(0);
    expect(stderr).toContain('damaged: ');
    expect(stderr).toContain(`gardener remove ${id}`);
    expect(await test.json('remove', id, '--yes')).toEqual({ removed: { id, name: id } });
  });

  it('whose folder has gone is refused a refresh', async () => {
    const { registry } = test.garden;
    const gone = join(test.root, 'gone');
    await registry.update((await registry.get('shop')).id, { path: gone });
    expect(await test.failure('refresh')).toMatchObject({
      exitCode: 1,
      code: 'training.codebase-away',
      message: `The folder of shop, ${gone}, is not there.`,
    });
    expect((await test.gardener('list')).stdout).toContain('(not there)');
  });

  it('cannot be added twice', async () => {
    expect(await test.failure('add', shop)).toMatchObject({ exitCode: 1, code: 'garden.project-exists' });
    expect(await test.failure('add', join(test.root, 'x'))).toMatchObject({ code: 'codebase.path-missing' });
    expect(await test.failure('add', shop, '--base', 'gpt-9')).toMatchObject({
      code: 'models.unknown-model',
    });
  });
});

describe('a base model of the user', () => {
  const page = () => join(test.root, 'page.gguf');
  beforeEach(async () => {
    await writeFile(page(), '<!doctype html>');
  });

  it.each([['--base'], ['--no-train', '--base']])(
    'add %s refuses what is none, and adds nothing',
    async (...words) => {
      expect(await test.failure('add', shop, ...words, page())).toMatchObject({
        exitCode: 1,
        code: 'models.not-a-gguf',
      });
      expect(await test.failure('add', shop, ...words, test.root)).toMatchObject({
        code: 'models.unreadable-file',
      });
      expect(await test.json('list')).toEqual([]);
    },
  );

  it('train refuses it too, and a model for search, and queues nothing', async () => {
    const { id } = await test.add('shop', shop);
    expect(await test.failure('train', 'shop', '--base', page())).toMatchObject({
      code: 'models.not-a-gguf',
    });
    expect(await test.failure('train', 'shop', '--base', 'all-minilm-l6-v2')).toMatchObject({
      code: 'models.not-a-base',
    });
    expect(await latestRun(test.garden.paths, id)).toBeNull();
  });

  it('is not deleted by Gardener', async () => {
    expect(await test.failure('models', 'remove', page())).toMatchObject({ code: 'models.not-ours' });
  });
});

describe('a model that a project uses', () => {
  const model = 'smollm2-135m-instruct';
  const weights = 'SmolLM2-135M-Instruct.Q4_1.gguf';
  const folder = () => test.garden.paths.baseModel(model);
  beforeEach(async () => {
    await mkdir(folder(), { recursive: true });
    const [file] = findModel(model).files;
    const bytes = file.bytes ?? 0;
    await writeFile(join(folder(), weights), '');
    await truncate(join(folder(), weights), bytes);
    await writeFile(
      join(folder(), 'manifest.json'),
      JSON.stringify({
        ...{ schemaVersion: 1, id: model, kind: 'base', source: 'file', licence: null, fetchedAt: '' },
        files: [{ name: weights, bytes, sha256: file.sha256 }],
      }),
    );
  });

  it('is deleted only with --yes, and the project is named', async () => {
    await test.add('shop', shop);
    const { code, stderr } = await test.gardener('models', 'remove', model);
    expect(code).toBe(1);
    expect(stderr).toContain(`shop uses ${model}: it answers and searches with it.`);
    expect(stderr).toContain('try: Pass --yes');
    expect(existsSync(folder())).toBe(true);
    expect(await test.json('models', 'remove', model, '--yes')).toEqual({ removed: model });
    expect(existsSync(folder())).toBe(false);
  });

  it('is deleted unasked where none does', async () => {
    expect(await test.json('models', 'remove', model)).toEqual({ removed: model });
  });
});

describe('the machine', () => {
  it('an empty data directory takes next to nothing, and nothing has to go', async () => {
    const { code, stdout } = await test.gardener('disk');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^models +\S+ K?i?B\ncache +\S+ K?i?B\nlogs +\S+ K?i?B\n\n\S+ K?i?B in all, 0 B can be spared\.\n$/,
    );
    expect((await test.gardener('disk', '--prune')).stdout).toMatch(/^Nothing had to go\.\n/);
    expect(await test.json('disk', '--prune')).toMatchObject({ projects: [], spareBytes: 0, removed: [] });
  });

  it('lists the models that are known, and those on disk', async () => {
    vi.stubEnv('HOME', test.root);
    vi.stubEnv('USERPROFILE', test.root);
    vi.stubEnv('OLLAMA_MODELS', join(test.root, 'ollama'));
    const known = await test.gardener('models', 'list');
    expect(known.stdout).toContain('·  smollm2-135m-instruct');
    expect((await test.gardener('models', 'list', '--local')).stdout).toBe(
      'No model is on disk yet. Fetch the default: gardener models pull smollm2-135m-instruct\n',
    );
    expect(await test.json('models', 'list', '--local')).toEqual([]);
  });

  it('cannot remove or fetch a model that there is not', async () => {
    expect(await test.failure('models', 'remove', 'gpt-9')).toMatchObject({ code: 'models.unknown-model' });
    expect(await test.failure('models', 'pull', 'gpt-9')).toMatchObject({ code: 'models.unknown-model' });
    expect(await test.failure('models', 'remove', 'smollm2-135m-instruct')).toEqual({
      exitCode: 1,
      code: 'models.not-on-disk',
      message: 'smollm2-135m-instruct is not on this machine.',
      remedy: 'See what is: gardener models list --local.',
    });
    expect(await test.failure('models')).toMatchObject({ exitCode: 2, code: 'cli.no-command' });
  });

  it('a conversation is not one JSON value', async () => {
    await test.add('shop', shop);
    expect(await test.failure('chat')).toMatchObject({ exitCode: 1, code: 'cli.no-json' });
  });
});
