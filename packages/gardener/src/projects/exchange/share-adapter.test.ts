import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Garden, openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { findModel } from '../../models/store/find-model.js';
import { writeAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import { saveScorecard } from '../../training/adapters/adapter-store.js';
import { saveEmptyAdapter } from '../../training/adapters/saved-adapter.fixture.js';
import { type Artefact, makeArtefact } from './artefact.js';
import type { ArtefactStore } from './artefact-store.js';
import { FolderStore } from './folder-store.js';
import { openStore, storedName } from './open-store.js';
import { pullAdapter } from './pull-adapter.js';
import { pushAdapter } from './push-adapter.js';
import { scorecardOf } from './scorecard.fixture.js';

const BASE = 'smollm2-135m-instruct';
const [baseFile] = findModel(BASE).files;

let folder: string;
let shared: string;
let garden: Garden;
let project: ProjectRecord;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'share-'));
  shared = join(folder, 'shared');
  garden = await openGarden({ dataDir: join(folder, 'data'), settings: { logLevel: 'silent' } });
  await mkdir(join(folder, 'shop'));
  project = await garden.registry.add({ path: join(folder, 'shop'), name: 'shop', baseModel: BASE });
  await saveAdapterOfThree(1);
  project = await garden.registry.update(project.id, { promotedAdapter: 1 });
  await haveBase();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The base as it is on disk, of which only the recorded hash is looked at before an import: no bytes of it are needed. */
async function haveBase(): Promise<void> {
  const directory = garden.paths.baseModel(BASE);
  await mkdir(directory, { recursive: true });
  const { name, bytes, sha256 } = baseFile;
  await writeFile(join(directory, name), '');
  await truncate(join(directory, name), bytes ?? 0);
  const manifest = { schemaVersion: 1, id: BASE, kind: 'base', source: 'file', licence: null, fetchedAt: '' };
  const files = [{ name, bytes, sha256 }];
  await writeFile(join(directory, 'manifest.json'), JSON.stringify({ ...manifest, files }));
}

/** An adapter with every file that is pushed, none of which holds weights, for the base of this catalogue. */
async function saveAdapterOfThree(version: number, scores: number | null = 1.3): Promise<string> {
  const directory = await saveEmptyAdapter(garden.paths, project, version);
  await writeFile(join(directory, 'adapter_config.json'), `{"version": ${version}}`);
  await writeFile(join(directory, 'adapter_model.safetensors'), `weights ${version} `.repeat(1000));
  const base = { name: BASE, weightsHash: baseFile.sha256, tokenizerHash: 't', templateHash: 'u' };
  const facts = { dataHash: null, commit: null, settings: {}, scores: null };
  const names = ['adapter_config.json', 'adapter_model.safetensors', 'adapter.gguf'];
  await writeAdapterManifest(directory, { ...facts, base, createdAt: new Date().toISOString() }, names);
  if (scores !== null) await saveScorecard(directory, scorecardOf(scores, version));
  return directory;
}

const push = (to: ArtefactStore = openStore(shared), version?: number) =>
  pushAdapter(garden, project, { to, name: 'shop', ...(version === undefined ? {} : { version }) });
const pull = (from: ArtefactStore = openStore(shared)) =>
  pullAdapter(garden, project, { from, name: 'shop' });
const artefactFile = () => join(shared, 'shop', 'artefact.json');
const stored = async (): Promise<Artefact> => JSON.parse(await readFile(artefactFile(), 'utf8'));
const everything = async () => (await readdir(shared, { recursive: true })).sort();

describe('push', () => {
  it('writes the files under the hash of their content, and says of each its size and hash', async () => {
    const { artefact, isNew } = await push();
    expect(isNew).toBe(true);
    expect(artefact).toMatchObject({ project: 'shop', version: 1, strength: 1, promoted: true });
    expect(artefact.base).toMatchObject({ name: BASE, weightsHash: baseFile.sha256 });
    expect(await stored()).toEqual(artefact);
    const names = ['adapter.gguf', 'adapter_config.json', 'adapter_model.safetensors'];
    const all = [...names, 'manifest.json', 'scorecard.json'];
    expect(await everything()).toEqual(
      [
        'shop',
        'shop/artefact.json',
        `shop/${artefact.id}`,
        ...all.map((name) => `shop/${artefact.id}/${name}`),
      ].sort(),
    );
    const own = await readFile(join(garden.paths.adapter(project.id, 1), 'adapter_model.safetensors'));
    expect(await readFile(join(shared, 'shop', artefact.id, 'adapter_model.safetensors'))).toEqual(own);
  });

  it('writes nothing where all of it is there, and mends what has other bytes', async () => {
    const store = new CountingStore(shared);
    const { artefact } = await push(store);
    expect(store.written.at(-1)).toBe('shop/artefact.json');
    store.written = [];
    expect(await push(store)).toEqual({ artefact, isNew: false });
    expect(store.written).toEqual([]);
    const file = join(shared, 'shop', artefact.id, 'adapter.gguf');
    const right = await readFile(file);
    await writeFile(file, 'weights 9');
    expect((await push(store)).isNew).toBe(true);
    expect(store.written).toEqual([`shop/${artefact.id}/adapter.gguf`, 'shop/artefact.json']);
    expect(await readFile(file)).toEqual(right);
    await writeFile(artefactFile(), '{');
    await push(store);
    expect((await stored()).id).toBe(artefact.id);
    await writeFile(artefactFile(), '{"schemaVersion": 2}');
    await expect(push(store)).rejects.toMatchObject({ code: 'training.artefact-newer' });
  });

  it('interrupted before its end leaves the earlier adapter in force and nothing half, and goes on', async () => {
    const { artefact: earlier } = await push();
    await saveAdapterOfThree(2);
    const controller = new AbortController();
    const store = new CountingStore(shared, (key) => {
      if (key.endsWith('adapter.gguf')) controller.abort();
    });
    const options = { to: store, name: 'shop', version: 2, signal: controller.signal };
    await expect(pushAdapter(garden, project, options)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await stored()).toEqual(earlier);
    expect((await everything()).filter((name) => name.endsWith('.partial'))).toEqual([]);
    expect(await pull()).toMatchObject({ isNew: false, version: 1 });
    const whole = store.written.filter((key) => !key.endsWith('adapter.gguf'));
    expect(whole).toHaveLength(2);
    store.written = [];
    await push(store, 2);
    expect(store.written.filter((key) => whole.includes(key))).toEqual([]);
    expect((await stored()).version).toBe(2);
  });

  it('of two machines at once leaves one of the two whole, whichever came last', async () => {
    await saveAdapterOfThree(2);
    const both = await Promise.all([
      push(openStore(shared), 1),
      push(openStore(shared), 2),
      push(openStore(shared), 1),
    ]);
    const { id } = await stored();
    expect(both.map(({ artefact }) => artefact.id)).toContain(id);
    // All files of both are there and right: at most the manifest is written again.
    const store = new CountingStore(shared);
    for (const version of [1, 2]) await push(store, version);
    expect(new Set(store.written)).toEqual(new Set(['shop/artefact.json']));
    expect(await pull()).toMatchObject({ version: 2, isNew: false });
  });

  it('pushes unasked only what answers, and nothing that is damaged', async () => {
    const directory = await saveAdapterOfThree(2, null);
    project = await garden.registry.update(project.id, { promotedAdapter: null });
    await expect(push()).rejects.toMatchObject({
      code: 'training.none-promoted',
      remedy: expect.stringContaining('--adapter 2'),
    });
    expect((await push(openStore(shared), 2)).artefact.promoted).toBeNull();
    await truncate(join(directory, 'adapter.gguf'), 3);
    await expect(push(openStore(shared), 2)).rejects.toMatchObject({ code: 'training.damaged-adapter' });
    await expect(push(openStore(shared), 7)).rejects.toMatchObject({ code: 'training.no-such-adapter' });
  });

  it('names a base of the user by its file, and does not tell where that lies', async () => {
    const directory = garden.paths.adapter(project.id, 1);
    const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
    manifest.base.name = '/home/ann/models/own.gguf';
    await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
    const { artefact } = await push();
    expect(artefact.base.name).toBe('own.gguf');
    const told = await readFile(join(shared, 'shop', artefact.id, 'manifest.json'), 'utf8');
    expect(told).not.toContain('/home/ann');
  });

  it('follows no link out of the folder', async () => {
    await mkdir(shared);
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(shared, 'shop'));
    await expect(push()).rejects.toMatchObject({ code: 'training.store-has-link' });
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
  });
});

describe('pull', () => {
  beforeEach(async () => {
    await push();
    // As another machine, which has the base and no adapter.
    await rm(garden.paths.adapters(project.id), { recursive: true });
  });

  async function refused(code: string, why: RegExp): Promise<void> {
    const error = await pull().then(
      () => null,
      (thrown: unknown) => thrown as { code: string; message: string; remedy: string },
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(why) });
    expect(error?.remedy).not.toBe('');
    expect(await readdir(garden.paths.adapters(project.id)).catch(() => [])).toEqual([]);
  }

  const rewritten = async (change: (artefact: Artefact) => unknown): Promise<void> =>
    writeFile(artefactFile(), JSON.stringify(change(await stored())));

  it.each<[string, (artefact: Artefact) => unknown, RegExp]>([
    ['a path out of the folder', (a) => ({ ...a, files: named(a, '../../secret') }), /"files\.0\.name"/],
    ['an absolute path', (a) => ({ ...a, files: named(a, '/etc/passwd') }), /"files\.0\.name"/],
    [
      'a file that is none of an adapter',
      (a) => ({ ...a, files: named(a, 'adapter_model.bin') }),
      /"files\.0\.name"/,
    ],
    ['an id that leads elsewhere', (a) => ({ ...a, id: '../..' }), /"id"/],
    ['an id of other files', (a) => ({ ...a, id: '0'.repeat(64) }), /the id .* is not that of its files/],
    ['a size without end', (a) => ({ ...a, files: sized(a, 2 ** 50) }), /larger than such a file can be/],
    ['a size below nothing', (a) => ({ ...a, files: sized(a, -1) }), /"files\.0\.bytes"/],
    ['a file twice', (a) => ({ ...a, files: [...a.files, a.files[0]] }), /"files"/],
    ['a file left out', (a) => ({ ...a, files: a.files.slice(1) }), /a file is left out/],
    ['no hash', (a) => ({ ...a, files: a.files.map((f) => ({ ...f, sha256: 'x' })) }), /sha256/],
    ['a name that rewrites the terminal', (a) => ({ ...a, project: '\u001b[2J' }), /"project"/],
    ['strength without measure', (a) => ({ ...a, strength: 1e9 }), /"strength"/],
    ['another form', () => [1], /it|schemaVersion|Invalid/],
  ])('refuses a manifest with %s', async (_, change, why) => {
    await rewritten(change);
    await refused('training.artefact-damaged', why);
  });

  const named = ({ files }: Artefact, name: string) =>
    files.map((file, n) => (n === 0 ? { ...file, name } : file));
  const sized = ({ files }: Artefact, bytes: number) =>
    files.map((file, n) => (n === 0 ? { ...file, bytes } : file));

  it('refuses a manifest that is no JSON, is huge, is a link or is newer', async () => {
    await writeFile(artefactFile(), '{"schemaVersion": 1, ');
    await refused('training.artefact-damaged', /is not JSON/);
    await truncate(artefactFile(), 2 ** 31);
    await refused('training.artefact-damaged', /too large/);
    await rm(artefactFile());
    await symlink('/dev/zero', artefactFile());
    await refused('training.artefact-damaged', /is not a file/);
    await rm(artefactFile());
    await writeFile(artefactFile(), '{"schemaVersion": 2}');
    await refused('training.artefact-newer', /newer/);
  });

  it.each<[string, (file: string) => Promise<unknown>, RegExp]>([
    ['cut off', (file) => truncate(file, 100), /safetensors has 100 bytes and not 10000/],
    ['grown', (file) => truncate(file, 20_000), /safetensors has 20000 bytes/],
    ['of other bytes', (file) => writeFile(file, 'x'.repeat(10_000)), /safetensors has another hash/],
    ['missing', (file) => rm(file), /safetensors is not there/],
    [
      'a link',
      async (file) => {
        await cp(file, join(folder, 'own'));
        await rm(file);
        await symlink(join(folder, 'own'), file);
      },
      /safetensors is not a file/,
    ],
  ])('refuses weights that are %s, and keeps nothing of them', async (_, change, why) => {
    await change(join(shared, 'shop', (await stored()).id, 'adapter_model.safetensors'));
    await refused('training.artefact-damaged', why);
  });

  it('refuses files whose folder is a link', async () => {
    const { id } = await stored();
    await cp(join(shared, 'shop', id), join(folder, 'copy'), { recursive: true });
    await rm(join(shared, 'shop', id), { recursive: true });
    await symlink(join(folder, 'copy'), join(shared, 'shop', id));
    await refused('training.store-has-link', /is a link/);
  });

  it('stops a file that grows while it is read', async () => {
    class GrowingStore extends FolderStore {
      override async *read(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
        yield* super.read(key, signal);
        if (key.endsWith('.safetensors')) for (;;) yield Buffer.alloc(1024);
      }
    }
    await expect(pull(new GrowingStore(shared))).rejects.toThrow(/more than 10000 bytes/);
  });

  it('interrupted keeps nothing', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const options = { from: openStore(shared), name: 'shop', signal: controller.signal, onProgress };
    await expect(pullAdapter(garden, project, options)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(garden.paths.adapters(project.id))).toEqual([]);
  });

  it('refuses another base before anything is fetched, and puts no stranger’s words into a command', async () => {
    const other = (name: string) =>
      rewritten((a) => makeArtefact({ ...a, base: { ...a.base, name, weightsHash: 'b'.repeat(64) } }));
    await other('qwen2.5-coder-0.5b-instruct');
    await rm(join(shared, 'shop', (await stored()).id), { recursive: true });
    await refused('training.artefact-other-base', /trained on qwen2\.5-coder-0\.5b-instruct, whose weights/);
    await expect(pull()).rejects.toMatchObject({
      remedy: expect.stringContaining('gardener promote shop base --base qwen2.5-coder-0.5b-instruct'),
    });
    await other('x; rm -rf ~');
    await expect(pull()).rejects.toMatchObject({ remedy: expect.not.stringContaining('rm -rf') });
  });

  it('refuses two manifests that tell of different adapters, and a scorecard that is none', async () => {
    const { id, files, ...facts } = await stored();
    const replace = async (name: string, text: string) => {
      const { createHash } = await import('node:crypto');
      const sha256 = createHash('sha256').update(text).digest('hex');
      const changed = files.map((file) => (file.name === name ? { name, bytes: text.length, sha256 } : file));
      const artefact = makeArtefact({ ...facts, files: changed });
      await cp(join(shared, 'shop', id), join(shared, 'shop', artefact.id), { recursive: true });
      await writeFile(join(shared, 'shop', artefact.id, name), text);
      await writeFile(artefactFile(), JSON.stringify(artefact));
    };
    await replace('adapter_model.safetensors', 'other weights');
    await refused('training.artefact-damaged', /two manifests/);
    await replace('scorecard.json', '{"promoted": true}');
    await refused('training.artefact-damaged', /scorecard\.json cannot be read/);
  });

  it('says what is there where nothing was pushed for the project', async () => {
    const from = openStore(shared);
    await expect(pullAdapter(garden, project, { from, name: 'blog' })).rejects.toMatchObject({
      code: 'training.nothing-pushed',
      message: `No adapter of blog was pushed to ${shared}; it holds shop.`,
      remedy: expect.stringContaining('--name'),
    });
    await expect(pull(openStore(join(folder, 'nowhere')))).rejects.toMatchObject({
      message: expect.stringContaining('it holds nothing'),
    });
  });
});

describe('a store', () => {
  it('is a folder; an address is refused, with what works', () => {
    expect(openStore('a/b').place).toBe(join(process.cwd(), 'a/b'));
    for (const address of ['s3://bucket/adapters', 'S3://x', 'https://example.org', 'file:///tmp']) {
      expect(() => openStore(address)).toThrow(
        expect.objectContaining({
          code: 'training.store-unsupported',
          remedy: expect.stringContaining('storage that the machines share'),
        }),
      );
    }
  });

  it('has no keys that lead out of it', async () => {
    for (const key of ['..', '../x', 'a/../../x', '/etc', 'a//b', '.git/x', 'a\\b', 'C:x']) {
      await expect(new FolderStore(shared).list(key)).rejects.toThrow(/no key of a store/);
      await expect(new FolderStore(shared).read(key).next()).rejects.toThrow(/no key of a store/);
    }
  });

  it('takes names that lead nowhere', () => {
    for (const name of ['shop', 'Läden 2', 'a.b_c-d', 'x']) expect(storedName(name)).toBe(name);
    for (const name of ['..', '.git', 'a/b', 'a\\b', 'a:b', ' a', 'a.', '', 'x'.repeat(101), 'a\u0000']) {
      expect(() => storedName(name)).toThrow(expect.objectContaining({ code: 'training.bad-artefact-name' }));
    }
  });
});

/** Remembers what was written, in order. */
class CountingStore extends FolderStore {
  written: string[] = [];
  readonly #before: (key: string) => void;

  constructor(place: string, before: (key: string) => void = () => undefined) {
    super(place);
    this.#before = before;
  }

  override async write(...[key, content, signal]: Parameters<FolderStore['write']>): Promise<void> {
    this.#before(key);
    this.written.push(key);
    await super.write(key, content, signal);
  }
}
