import { expect, it } from 'vitest';
import { listModels } from '../models/store/catalogue.js';
import { adviceLine, adviseBase } from './base-advice.js';

const [entry] = listModels();
if (entry === undefined) throw new Error('the catalogue is empty');
const better = {
  id: 'better',
  passMs: 22 * 60_000,
  entry: {
    ...entry,
    id: 'better',
    licence: 'Apache-2.0',
    files: [{ ...entry.files[0], bytes: 491_400_064 }] as const,
  },
};

it('says what a better base brings, fetches and takes, and how it comes to a machine without a network', () => {
  expect(adviceLine(better, 'other', false)).toBe(
    'better (491 MB, Apache-2.0) predicts code better; training once through 100,000 tokens of code takes about ' +
      '20 minutes: --base better. Without a network: gardener models pull better --from FILE.',
  );
  expect(adviceLine({ ...better, passMs: null }, 'other', true)).toBe(
    'better (on disk, Apache-2.0) predicts code better: --base better.',
  );
  const unknown = { ...better.entry, files: [{ ...entry.files[0], bytes: null }] as const };
  expect(adviceLine({ ...better, entry: unknown }, 'other', false)).toMatch(
    /^better \(to be fetched, Apache-2.0\)/,
  );
});

it('says nothing where the better base is in use', () => {
  expect(adviceLine(better, 'better', false)).toBeNull();
});

it('advises only what can be trained', () => {
  const advised = adviseBase({ memoryBytes: 64e9, cores: 16, multiplyAddsPerSecond: 4e12 });
  expect(advised?.entry.trainable).not.toBe(false);
  expect(advised?.entry.id).toBe(advised?.id);
});
