import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { writeRandomAdapter } from '../../models/llama-cpp/adapter.fixture.js';
import { ensureModel } from '../../models/store/ensure-model.js';
import { scorecardOf } from '../../projects/exchange/scorecard.fixture.js';
import { readAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import {
  adapterProblems,
  readScorecard,
  saveScorecard,
  setAdapterStrength,
} from '../../training/adapters/adapter-store.js';
import { makeTestGarden, type TestGarden } from '../run-command.fixture.js';

let ann: TestGarden;
let bob: TestGarden;
const shared = () => join(ann.root, 'shared');

/** Two machines with the same base; Ann has an adapter that her gate promoted, at half its strength. */
beforeAll(async () => {
  [ann, bob] = [await makeTestGarden(), await makeTestGarden()];
  for (const { garden, root } of [ann, bob]) {
    await mkdir(join(root, 'shop'));
    await garden.registry.add({ path: join(root, 'shop'), name: 'shop', baseModel: inject('tinyBaseFile') });
    await ensureModel(garden.paths, inject('tinyBaseFile'));
  }
  await mkdir(join(ann.root, 'foreign'));
  await writeRandomAdapter(join(ann.root, 'foreign/adapter.gguf'), inject('tinyBaseFile'), 7);
  await ann.gardener('import', 'shop', join(ann.root, 'foreign'));
  const { paths, registry } = ann.garden;
  const directory = paths.adapter((await registry.get('shop')).id, 1);
  await setAdapterStrength(directory, 0.5);
  await saveScorecard(directory, scorecardOf(1.3, 1));
});
afterAll(() => Promise.all([ann.remove(), bob.remove()]));

const adapterOfBob = async (version: number) =>
  bob.garden.paths.adapter((await bob.garden.registry.get('shop')).id, version);

test('push: only what answers goes unasked; the second time nothing is written', async () => {
  expect(await ann.failure('push', 'shop', '--to', shared())).toMatchObject({
    exitCode: 1,
    code: 'training.none-promoted',
  });
  await ann.gardener('promote', 'shop', '1');
  const { code, stdout, stderr } = await ann.gardener('push', 'shop', '--to', shared());
  expect(code).toBe(0);
  expect(stdout).toMatch(/^✓ shop, adapter 1: pushed to .*shared {2}5 files, \S+ [KM]iB, [0-9a-f]{12}\n/);
  expect(stdout).toContain('On another machine: gardener pull <project> --from <folder>\n');
  expect(stderr).toContain('at strength 0.5');
  expect(await ann.json('push', 'shop', '--to', shared())).toMatchObject({
    ...{ isNew: false, name: 'shop', place: shared() },
    artefact: { version: 1, promoted: true, strength: 0.5 },
  });
  expect((await ann.gardener('push', 'shop', '--to', shared())).stdout).toMatch(
    /already; nothing was written\.\n/,
  );
  expect(await ann.gardener('pull', 'shop', '--from', shared())).toMatchObject({
    code: 0,
    stdout: `shop: nothing new in ${shared()}; what was pushed last is adapter 1 here.\nIt answers.\n`,
  });
});

test('pull: whole, measured and as strong as there; it answers when it is told to', async () => {
  const { code, stdout } = await bob.gardener('pull', 'shop', '--from', shared());
  expect([code, stdout]).toEqual([
    0,
    'shop: pulled as adapter 1 (shop 1 where it was pushed). Its gate promoted it there.\n' +
      'It does not answer yet. When you want it to: gardener promote shop 1\n',
  ]);
  const directory = await adapterOfBob(1);
  expect(await adapterProblems(directory)).toEqual([]);
  const { strength, settings, base } = await readAdapterManifest(directory);
  expect({ strength, settings }).toMatchObject({
    strength: 0.5,
    settings: { engine: 'imported', pulled: { artefact: expect.stringMatching(/^[0-9a-f]{64}$/) } },
  });
  expect(base.name).toBe(inject('tinyBaseFile'));
  const { id, promotedAdapter } = await bob.garden.registry.get('shop');
  expect(promotedAdapter).toBeNull();
  expect(await readScorecard(bob.garden.paths, id, 1)).toMatchObject({ promoted: true, adapterVersion: 1 });
  const { paths, registry } = ann.garden;
  const hers = join(paths.adapter((await registry.get('shop')).id, 1), 'adapter.gguf');
  expect((await readFile(join(directory, 'adapter.gguf'))).equals(await readFile(hers))).toBe(true);
  expect(await bob.json('pull', 'shop', '--from', shared(), '--promote')).toMatchObject({
    ...{ isNew: false, version: 1, isPromoted: true },
  });
  expect((await bob.garden.registry.get('shop')).promotedAdapter).toBe(1);
  expect(await readdir(bob.garden.paths.adapters(id))).toEqual(['1']);
});

test('under another name, and a second adapter that its gate refused', async () => {
  await writeRandomAdapter(join(ann.root, 'foreign/adapter.gguf'), inject('tinyBaseFile'), 8);
  await ann.gardener('import', 'shop', join(ann.root, 'foreign'));
  const { id } = await ann.garden.registry.get('shop');
  await saveScorecard(ann.garden.paths.adapter(id, 2), scorecardOf(1.6, 2));
  const words = ['--to', shared(), '--name', 'store', '--adapter', '2'];
  const { stdout, stderr } = await ann.gardener('push', 'shop', ...words);
  expect(stdout).toContain('--from <folder> --name "store"');
  expect(stderr).toContain('Its gate did not promote it.');
  const pulled = await bob.gardener('pull', 'shop', '--from', shared(), '--name', 'store', '--promote');
  expect(pulled.stdout).toBe(
    'shop: pulled as adapter 2 (shop 2 where it was pushed). Its gate did not promote it there.\n' +
      'Adapter 2 answers from now on.\n',
  );
  expect(await bob.failure('pull', 'shop', '--from', shared(), '--name', 'blog')).toMatchObject({
    code: 'training.nothing-pushed',
    message: `No adapter of blog was pushed to ${shared()}; it holds shop, store.`,
  });
});
