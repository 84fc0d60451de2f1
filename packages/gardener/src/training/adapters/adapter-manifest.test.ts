import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AdapterManifest,
  checkAdapterManifest,
  readAdapterManifest,
  writeAdapterManifest,
} from './adapter-manifest.js';

const BASE = { name: 'tiny', weightsHash: 'w', tokenizerHash: 't', templateHash: 'c' };
let directory: string;
let manifest: AdapterManifest;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lora-manifest-'));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  await writeFile(join(directory, 'adapter.gguf'), 'abc');
  await writeFile(join(directory, 'adapter_config.json'), '{}');
  const content = {
    base: BASE,
    dataHash: 'd',
    commit: null,
    settings: { rank: 16 },
    scores: null,
    createdAt: '2026-11-23T12:00:00.000Z',
  };
  manifest = await writeAdapterManifest(directory, content, ['adapter_config.json', 'adapter.gguf']);
});

describe('adapter manifest', () => {
  it('comes back as written, with the sha256 of every file', async () => {
    expect(await readAdapterManifest(directory)).toEqual(manifest);
    expect(manifest.files['adapter.gguf']).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(await checkAdapterManifest(manifest, BASE, directory)).toEqual([]);
  });

  it('names every mismatch in a sentence', async () => {
    const other = { name: 'small', weightsHash: 'x', tokenizerHash: 'x', templateHash: 'x' };
    await appendFile(join(directory, 'adapter.gguf'), '!');
    await rm(join(directory, 'adapter_config.json'));
    expect(await checkAdapterManifest(manifest, other, directory)).toEqual([
      'The adapter was trained on other weights (tiny) than those of small.',
      'The adapter was trained with another tokenizer than that of small.',
      'The adapter was trained with another chat template than that of small.',
      'The file adapter.gguf of the adapter is damaged or was changed.',
      'The file adapter_config.json of the adapter is missing or cannot be read.',
    ]);
    expect(await checkAdapterManifest(manifest, { ...BASE, tokenizerHash: 'x' })).toHaveLength(1);
  });

  it.each([
    ['schemaVersion', 'x', 'adapter.damaged'],
    ['schemaVersion', 2, 'adapter.schema-newer'],
    ['base', { name: 'tiny' }, 'adapter.damaged'],
    ['settings', null, 'adapter.damaged'],
    ['scores', 'good', 'adapter.damaged'],
    ['createdAt', 'yesterday', 'adapter.damaged'],
    ['files', { '../../secret': '0'.repeat(64) }, 'adapter.damaged'],
    ['files', { 'adapter.gguf': 'abc' }, 'adapter.damaged'],
  ])('refuses %s = %j', async (key, value, code) => {
    await writeFile(join(directory, 'manifest.json'), JSON.stringify({ ...manifest, [key]: value }));
    await expect(readAdapterManifest(directory)).rejects.toMatchObject({ code });
  });

  it('refuses a cut-off manifest, and to hash a file that is not there', async () => {
    const path = join(directory, 'manifest.json');
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 50));
    await expect(readAdapterManifest(directory)).rejects.toMatchObject({ code: 'adapter.damaged' });
    await expect(writeAdapterManifest(directory, manifest, ['absent'])).rejects.toMatchObject({
      code: 'adapter.unreadable',
    });
  });
});
