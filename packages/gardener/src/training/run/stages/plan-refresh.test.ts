import { describe, expect, test } from 'vitest';
import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import { testBase, testFile } from '../../data/codebase.fixture.js';
import { type ExampleSet, makeExamples } from '../../data/examples.js';
import { type EarlierTraining, planRefresh, type RefreshPlan } from './plan-refresh.js';

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

/** The data of a refresh to this code, of an adapter that was trained on `data`. */
function refreshed(
  data: ExampleSet['manifest'],
  now: readonly ChunkedFile[],
): { plan: Extract<RefreshPlan, { train: true }>; set: ExampleSet } {
  const plan = planRefresh({ version: 3, manifest: data }, now);
  if (!plan.train) throw new Error(plan.reason);
  const about = { seenBefore: plan.seen, focus: plan.changed, continuedFrom: 3 };
  return { plan, set: makeExamples(now, testBase, { ...options, ...about }) };
}

describe('a refreshed adapter', () => {
  test('is measured on nothing that the one before has seen, and trained on what changed first', () => {
    const now = after(3, 6);
    const { plan, set } = refreshed(manifest, now);
    expect(set.manifest.heldOut.files.filter((path) => plan.seen.has(path))).toEqual([]);
    expect(set.manifest.heldOut.files.length).toBeGreaterThanOrEqual(3);
    const trained = set.manifest.train.files;
    const usable = [...plan.changed].filter(
      (path) => !set.manifest.heldOut.files.includes(path) && !set.manifest.validation.files.includes(path),
    );
    expect(trained).toEqual(expect.arrayContaining(usable));
    expect(trained.length).toBeLessThan(now.length / 2);
    expect(trained.length).toBeGreaterThan(usable.length);
  });

  test('learns from half of what is new, where everything that is new could be measured on', () => {
    for (const added of [3, 6, 12]) {
      const { set } = refreshed(manifest, after(0, added));
      const learned = set.manifest.train.files.filter((path) => path.startsWith('src/added'));
      expect(learned.length).toBeGreaterThanOrEqual(added / 2);
      expect(set.manifest.train.tokens).toBeGreaterThan(0);
      expect(set.manifest.heldOut.files.length).toBeGreaterThanOrEqual(3);
    }
  });

  test('is measured on nothing that those before the one before have seen either', () => {
    const second = refreshed(manifest, after(3, 6));
    const third = refreshed(second.set.manifest, after(7, 12));
    const known = [...manifest.train.files, ...second.set.manifest.train.files];
    expect(third.set.manifest.heldOut.files.filter((path) => known.includes(path))).toEqual([]);
    expect(third.set.manifest.validation.files.filter((path) => known.includes(path))).toEqual([]);
    expect(third.set.manifest.heldOut.files.length).toBeGreaterThan(0);
  });

  test('knows files that have another path now', () => {
    const moved = files.map((file) => ({ ...file, path: file.path.replace('src/', 'lib/') }));
    expect(planRefresh(earlier, moved)).toMatchObject({
      train: false,
      reason: expect.stringMatching(/ 0 of \d+ lines are new or changed .* in 0 of 40 files/),
    });
    const edited = moved.map((file, i) => ({
      ...file,
      ...(i < 20 && { hash: `edited${i}`, text: `import lib\n${file.text}` }),
    }));
    const added = Array.from({ length: 8 }, (_, i) => testFile(`lib/added${i}.py`));
    const { plan, set } = refreshed(manifest, [...edited, ...added]);
    expect(plan.reason).toMatch(/ in 28 of 48 files/);
    const known = manifest.train.files.map((path) => path.replace('src/', 'lib/'));
    expect(set.manifest.heldOut.files.filter((path) => known.includes(path))).toEqual([]);
  });
});
