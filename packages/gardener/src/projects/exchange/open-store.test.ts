import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FolderStore } from './folder-store.js';
import { openStore, storedName } from './open-store.js';

afterEach(() => vi.unstubAllEnvs());

describe('a store', () => {
  it('is a folder or a bucket; another address is refused, with what works', async () => {
    expect((await openStore('a/b')).place).toBe(join(process.cwd(), 'a/b'));
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
    expect((await openStore('S3://team-models/adapters/')).place).toBe('s3://team-models/adapters');
    for (const address of ['gs://bucket/adapters', 'https://example.org', 'file:///tmp']) {
      await expect(openStore(address)).rejects.toMatchObject({
        code: 'training.store-unsupported',
        remedy: expect.stringContaining('s3://'),
      });
    }
    for (const address of ['s3://', 's3://Bucket', 's3://a/b', 's3://two..dots/x', 's3://bucket/../x']) {
      await expect(openStore(address)).rejects.toMatchObject({ code: 'training.store-bad-address' });
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
