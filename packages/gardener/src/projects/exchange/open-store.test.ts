import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderStore } from './folder-store.js';
import { openStore, storedName } from './open-store.js';

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
      await expect(new FolderStore('/nowhere').list(key)).rejects.toThrow(/no key of a store/);
      await expect(new FolderStore('/nowhere').read(key).next()).rejects.toThrow(/no key of a store/);
    }
  });

  it('takes names that lead nowhere', () => {
    for (const name of ['shop', 'Läden 2', 'a.b_c-d', 'x']) expect(storedName(name)).toBe(name);
    for (const name of ['..', '.git', 'a/b', 'a\\b', 'a:b', ' a', 'a.', '', 'x'.repeat(101), 'a\u0000']) {
      expect(() => storedName(name)).toThrow(expect.objectContaining({ code: 'training.bad-artefact-name' }));
    }
  });
});
