import { cp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Artefact, makeArtefact } from './artefact.js';
import { FolderStore } from './folder-store.js';
import { openStore } from './open-store.js';
import { pullAdapter } from './pull-adapter.js';
import { Sharing } from './sharing.fixture.js';

let here: Sharing;
beforeEach(async () => {
  here = await Sharing.make();
});
afterEach(() => here.remove());

describe('pull', () => {
  beforeEach(async () => {
    await here.push();
    // As another machine, which has the base and no adapter.
    await rm(here.garden.paths.adapters(here.project.id), { recursive: true });
  });

  async function refused(code: string, why: RegExp): Promise<void> {
    const error = await here.pull().then(
      () => null,
      (thrown: unknown) => thrown as { code: string; message: string; remedy: string },
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(why) });
    expect(error?.remedy).not.toBe('');
    expect(await readdir(here.garden.paths.adapters(here.project.id)).catch(() => [])).toEqual([]);
  }

  const rewritten = async (change: (artefact: Artefact) => unknown): Promise<void> =>
    writeFile(here.artefactFile, JSON.stringify(change(await here.stored())));

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
    await writeFile(here.artefactFile, '{"schemaVersion": 1, ');
    await refused('training.artefact-damaged', /is not JSON/);
    await truncate(here.artefactFile, 2 ** 31);
    await refused('training.artefact-damaged', /too large/);
    await rm(here.artefactFile);
    await symlink('/dev/zero', here.artefactFile);
    await refused('training.artefact-damaged', /is not a file/);
    await rm(here.artefactFile);
    await writeFile(here.artefactFile, '{"schemaVersion": 2}');
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
        await cp(file, join(here.folder, 'own'));
        await rm(file);
        await symlink(join(here.folder, 'own'), file);
      },
      /safetensors is not a file/,
    ],
  ])('refuses weights that are %s, and keeps nothing of them', async (_, change, why) => {
    await change(join(here.shared, 'shop', (await here.stored()).id, 'adapter_model.safetensors'));
    await refused('training.artefact-damaged', why);
  });

  it('refuses files whose folder is a link', async () => {
    const { id } = await here.stored();
    await cp(join(here.shared, 'shop', id), join(here.folder, 'copy'), { recursive: true });
    await rm(join(here.shared, 'shop', id), { recursive: true });
    await symlink(join(here.folder, 'copy'), join(here.shared, 'shop', id));
    await refused('training.store-has-link', /is a link/);
  });

  it('stops a file that grows while it is read', async () => {
    class GrowingStore extends FolderStore {
      override async *read(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
        yield* super.read(key, signal);
        if (key.endsWith('.safetensors')) for (;;) yield Buffer.alloc(1024);
      }
    }
    await expect(here.pull(new GrowingStore(here.shared))).rejects.toThrow(/more than 10000 bytes/);
  });

  it('interrupted keeps nothing', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const options = {
      from: await openStore(here.shared),
      name: 'shop',
      signal: controller.signal,
      onProgress,
    };
    await expect(pullAdapter(here.garden, here.project, options)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await readdir(here.garden.paths.adapters(here.project.id))).toEqual([]);
  });

  it('refuses another base before anything is fetched, and puts no stranger’s words into a command', async () => {
    const other = (name: string) =>
      rewritten((a) => makeArtefact({ ...a, base: { ...a.base, name, weightsHash: 'b'.repeat(64) } }));
    await other('qwen2.5-coder-0.5b-instruct');
    await rm(join(here.shared, 'shop', (await here.stored()).id), { recursive: true });
    await refused('training.artefact-other-base', /trained on qwen2\.5-coder-0\.5b-instruct, whose weights/);
    await expect(here.pull()).rejects.toMatchObject({
      remedy: expect.stringContaining('gardener promote shop base --base qwen2.5-coder-0.5b-instruct'),
    });
    await other('x; rm -rf ~');
    await expect(here.pull()).rejects.toMatchObject({ remedy: expect.not.stringContaining('rm -rf') });
  });

  it('refuses two manifests that tell of different adapters, and a scorecard that is none', async () => {
    const { id, files, ...facts } = await here.stored();
    const replace = async (name: string, text: string) => {
      const { createHash } = await import('node:crypto');
      const sha256 = createHash('sha256').update(text).digest('hex');
      const changed = files.map((file) => (file.name === name ? { name, bytes: text.length, sha256 } : file));
      const artefact = makeArtefact({ ...facts, files: changed });
      await cp(join(here.shared, 'shop', id), join(here.shared, 'shop', artefact.id), { recursive: true });
      await writeFile(join(here.shared, 'shop', artefact.id, name), text);
      await writeFile(here.artefactFile, JSON.stringify(artefact));
    };
    await replace('adapter_model.safetensors', 'other weights');
    await refused('training.artefact-damaged', /two manifests/);
    await replace('scorecard.json', '{"promoted": true}');
    await refused('training.artefact-damaged', /scorecard\.json cannot be read/);
  });

  it('says what is there where nothing was pushed for the project', async () => {
    const from = await openStore(here.shared);
    await expect(pullAdapter(here.garden, here.project, { from, name: 'blog' })).rejects.toMatchObject({
      code: 'training.nothing-pushed',
      message: `No adapter of blog was pushed to ${here.shared}; it holds shop.`,
      remedy: expect.stringContaining('--name'),
    });
    await expect(here.pull(await openStore(join(here.folder, 'nowhere')))).rejects.toMatchObject({
      message: expect.stringContaining('it holds nothing'),
    });
  });
});
