import { describe, expect, test } from 'vitest';
import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import { testBase, testFile } from '../../data/codebase.fixture.js';
import { makeExamples } from '../../data/examples.js';
import { type EarlierTraining, planRefresh, seenBefore } from './plan-refresh.js';

const files = Array.from({ length: 40 }, (_, i) => testFile(`src/file${i}.py`));
const options = { seed: 1, sequenceLength: 512 };
const { manifest } = makeExamples(files, testBase, options);
const earlier: EarlierTraining = { version: 3, manifest };

/** The codebase with some files rewritten and some new ones. */
function after(rewritten: number, added: number): ChunkedFile[] {
  return [
    ...files.map((file, i) =>
      i < rewritten ? { ...testFile(file.path, { extra: 'new' }), hash: `new${i}` } : file,
    ),
    ...Array.from({ length: added }, (_, i) => ({ ...testFile(`src/added${i}.py`), hash: `added${i}` })),
  ];
}

describe('planRefresh', () => {
  test('little change leaves the adapter as it is, and says how much it was', () => {
    const { train, reason } = planRefresh(earlier, after(1, 0));
    expect(train).toBe(false);
    expect(reason).toMatch(
      /1 of \d+ lines are new or changed since adapter 3 was trained, in 1 of 40 files: 0\.0 % of the code: the adapter stays/,
    );
  });

  test('much change continues from the adapter, about the files that changed', () => {
    const plan = planRefresh(earlier, after(3, 4));
    expect(plan.train && [...plan.changed].sort()).toEqual(
      [0, 1, 2]
        .map((i) => `src/file${i}.py`)
        .concat([0, 1, 2, 3].map((i) => `src/added${i}.py`))
        .sort(),
    );
    expect(plan.reason).toMatch(/in 7 of 44 files: .* continues from adapter 3\.$/);
  });

  test('a line changed in each of many files is little change', () => {
    const touched = files.map((file, i) => ({
      ...file,
      hash: `touched${i}`,
      text: `${file.text}# note ${i}\n`,
    }));
    const { train, reason } = planRefresh(earlier, touched);
    expect(reason).toMatch(/^The index is up to date\. 40 of \d+ lines .* in 40 of 40 files/);
    expect(train).toBe(false);
  });

  test('without a trained adapter there is nothing to continue from', () => {
    expect(planRefresh(null, files)).toMatchObject({
      train: false,
      reason: expect.stringMatching(/no trained adapter .*gardener train/),
    });
  });

  test('an adapter of which nothing is known is not called missing', () => {
    expect(planRefresh({ version: 2, manifest: null }, files)).toMatchObject({
      train: false,
      reason: expect.stringMatching(/What adapter 2 was trained on is not known/),
    });
  });

  test('an adapter from before hashes were kept counts everything as changed', () => {
    const old = { ...earlier, manifest: { ...manifest, fileHashes: {}, fileLines: {} } };
    expect(planRefresh(old, files).train).toBe(true);
  });
});

test('a refreshed adapter is measured on nothing that the one before has seen, and trained on what changed first', () => {
  const now = after(3, 6);
  const changed = new Set(
    now.filter(({ path, hash }) => manifest.fileHashes[path] !== hash).map(({ path }) => path),
  );
  const set = makeExamples(now, testBase, { ...options, seenBefore: seenBefore(manifest), focus: changed });
  const seen = seenBefore(manifest);
  expect(set.manifest.heldOut.files.filter((path) => seen.has(path))).toEqual([]);
  expect(set.manifest.heldOut.files.length).toBeGreaterThanOrEqual(3);
  const trained = set.manifest.train.files;
  const usable = [...changed].filter(
    (path) => !set.manifest.heldOut.files.includes(path) && !set.manifest.validation.files.includes(path),
  );
  expect(trained).toEqual(expect.arrayContaining(usable));
  expect(trained.length).toBeLessThan(now.length / 2);
  expect(trained.length).toBeGreaterThan(usable.length);
});
