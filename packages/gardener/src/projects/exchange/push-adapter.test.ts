import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findModel } from '../../models/store/find-model.js';
import { FolderStore } from './folder-store.js';
import { pushAdapter } from './push-adapter.js';
import { BASE, Sharing } from './sharing.fixture.js';

let here: Sharing;
beforeEach(async () => {
  here = await Sharing.make();
});
afterEach(() => here.remove());

describe('push', () => {
  it('writes the files under the hash of their content, and says of each its size and hash', async () => {
    const { artefact, isNew } = await here.push();
    expect(isNew).toBe(true);
    expect(artefact).toMatchObject({ project: 'shop', version: 1, strength: 1, promoted: true });
    expect(artefact.base).toMatchObject({ name: BASE, weightsHash: findModel(BASE).files[0].sha256 });
    expect(await here.stored()).toEqual(artefact);
    const names = ['adapter.gguf', 'adapter_config.json', 'adapter_model.safetensors'];
    const all = [...names, 'manifest.json', 'scorecard.json'];
    expect(await here.everything()).toEqual(
      [
        'shop',
        'shop/artefact.json',
        `shop/${artefact.id}`,
        ...all.map((name) => `shop/${artefact.id}/${name}`),
      ].sort(),
    );
    const own = await readFile(
      join(here.garden.paths.adapter(here.project.id, 1), 'adapter_model.safetensors'),
    );
    expect(await readFile(join(here.shared, 'shop', artefact.id, 'adapter_model.safetensors'))).toEqual(own);
  });

  it('writes nothing where all of it is there, and mends what has other bytes', async () => {
    const store = new CountingStore(here.shared);
    const { artefact } = await here.push(store);
    expect(store.written.at(-1)).toBe('shop/artefact.json');
    store.written = [];
    expect(await here.push(store)).toEqual({ artefact, isNew: false });
    expect(store.written).toEqual([]);
    const file = join(here.shared, 'shop', artefact.id, 'adapter.gguf');
    const right = await readFile(file);
    await writeFile(file, 'weights 9');
    expect((await here.push(store)).isNew).toBe(true);
    expect(store.written).toEqual([`shop/${artefact.id}/adapter.gguf`, 'shop/artefact.json']);
    expect(await readFile(file)).toEqual(right);
    await writeFile(here.artefactFile, '{');
    await here.push(store);
    expect((await here.stored()).id).toBe(artefact.id);
    await writeFile(here.artefactFile, '{"schemaVersion": 2}');
    await expect(here.push(store)).rejects.toMatchObject({ code: 'training.artefact-newer' });
  });

  it('interrupted before its end leaves the earlier adapter in force and nothing half, and goes on', async () => {
    const { artefact: earlier } = await here.push();
    await here.saveAdapter(2);
    const controller = new AbortController();
    const store = new CountingStore(here.shared);
    // In the middle of a file: its bytes are on their way.
    const onProgress = () => {
      if (store.written.at(-1)?.endsWith('adapter.gguf')) controller.abort();
    };
    const options = { to: store, name: 'shop', version: 2, signal: controller.signal, onProgress };
    await expect(pushAdapter(here.garden, here.project, options)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await here.stored()).toEqual(earlier);
    const left = (await here.everything()).filter(
      (name) => name.includes('.partial') || name.endsWith('gguf'),
    );
    expect(left).toEqual([`shop/${earlier.id}/adapter.gguf`]);
    expect(await here.pull()).toMatchObject({ isNew: false, version: 1 });
    const whole = store.written.filter((key) => !key.endsWith('adapter.gguf'));
    expect(whole).toHaveLength(2);
    store.written = [];
    await here.push(store, 2);
    expect(store.written.filter((key) => whole.includes(key))).toEqual([]);
    expect((await here.stored()).version).toBe(2);
  });

  it('of two machines at once leaves one of the two whole, whichever came last', async () => {
    await here.saveAdapter(2);
    const both = await Promise.all([
      here.push(undefined, 1),
      here.push(undefined, 2),
      here.push(undefined, 1),
    ]);
    const { id } = await here.stored();
    expect(both.map(({ artefact }) => artefact.id)).toContain(id);
    // All files of both are there and right: at most the manifest is written again.
    const store = new CountingStore(here.shared);
    for (const version of [1, 2]) await here.push(store, version);
    expect(new Set(store.written)).toEqual(new Set(['shop/artefact.json']));
    expect(await here.pull()).toMatchObject({ version: 2, isNew: false });
  });

  it('pushes unasked only what answers, and nothing that is damaged', async () => {
    const directory = await here.saveAdapter(2, null);
    await here.promote(null);
    await expect(here.push()).rejects.toMatchObject({
      code: 'training.none-promoted',
      remedy: expect.stringContaining('--adapter 2'),
    });
    expect((await here.push(undefined, 2)).artefact.promoted).toBeNull();
    await truncate(join(directory, 'adapter.gguf'), 3);
    await expect(here.push(undefined, 2)).rejects.toMatchObject({
      code: 'training.damaged-adapter',
    });
    await expect(here.push(undefined, 7)).rejects.toMatchObject({
      code: 'training.no-such-adapter',
    });
  });

  it('names a base of the user by its file, and does not tell where that lies', async () => {
    const directory = here.garden.paths.adapter(here.project.id, 1);
    const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
    manifest.base.name = '/home/ann/models/own.gguf';
    await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
    const { artefact } = await here.push();
    expect(artefact.base.name).toBe('own.gguf');
    const told = await readFile(join(here.shared, 'shop', artefact.id, 'manifest.json'), 'utf8');
    expect(told).not.toContain('/home/ann');
  });

  it('follows no link out of the folder', async () => {
    await mkdir(here.shared);
    await mkdir(join(here.folder, 'elsewhere'));
    await symlink(join(here.folder, 'elsewhere'), join(here.shared, 'shop'));
    await expect(here.push()).rejects.toMatchObject({ code: 'training.store-has-link' });
    expect(await readdir(join(here.folder, 'elsewhere'))).toEqual([]);
  });
});

/** Remembers what was written, in order. */
class CountingStore extends FolderStore {
  written: string[] = [];

  override async write(...[key, content, signal]: Parameters<FolderStore['write']>): Promise<void> {
    this.written.push(key);
    await super.write(key, content, signal);
  }
}
