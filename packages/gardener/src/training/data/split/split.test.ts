import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkedFile, testFile } from '../codebase.fixture.js';
import { splitFiles } from './split.js';

const manyFiles = Array.from({ length: 60 }, (_, i) => testFile(`src/file${i}.py`, { modifiedMs: i }));

describe('splitFiles', () => {
  test('every usable file is on exactly one side, and the measured sides have their size', () => {
    const split = splitFiles(manyFiles, { seed: 1 });
    const paths = [...split.train, ...split.validation, ...split.heldOut].map(({ file }) => file.path);
    expect(new Set(paths).size).toBe(60);
    expect(paths).toHaveLength(60);
    expect(split.heldOut.length).toBeGreaterThanOrEqual(6);
    expect(split.heldOut.length).toBeLessThanOrEqual(10);
    expect(split.validation.length).toBeGreaterThanOrEqual(2);
  });

  test('is repeatable, and another seed gives another draw', () => {
    const heldOut = (seed: number): string[] =>
      splitFiles(manyFiles, { seed }).heldOut.map(({ file }) => file.path);
    expect(heldOut(1)).toEqual(heldOut(1));
    expect(heldOut(1)).not.toEqual(heldOut(2));
  });

  test('does not depend on the order in which files come', () => {
    const backwards = splitFiles([...manyFiles].reverse(), { seed: 3 });
    expect(backwards).toEqual(splitFiles(manyFiles, { seed: 3 }));
  });

  test('newer files are held out more often', () => {
    let newer = 0;
    let all = 0;
    for (let seed = 0; seed < 12; seed++) {
      for (const { file } of splitFiles(manyFiles, { seed }).heldOut) {
        all++;
        if (file.modifiedMs >= 30) newer++;
      }
    }
    expect(newer / all).toBeGreaterThan(0.55);
  });

  test('near-duplicate files never land on two sides', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (seed) => {
        const copies = manyFiles.slice(0, 12).map((file, i) => ({
          ...chunkedFile(`copy/${i}.py`, [...file.chunks.map((chunk) => chunk.text), `extra_${i} = 1`]),
        }));
        const split = splitFiles([...manyFiles.slice(0, 40), ...copies], { seed });
        const sideOf = new Map<string, string>();
        for (const side of ['train', 'validation', 'heldOut'] as const) {
          for (const { file } of split[side]) sideOf.set(file.path, side);
        }
        for (let i = 0; i < 12; i++) {
          expect(sideOf.get(`copy/${i}.py`)).toBe(sideOf.get(`src/file${i}.py`));
        }
      }),
      { numRuns: 5 },
    );
  });

  test('a held-out function that was pasted into a training file is cut out there', () => {
    const split = splitFiles(manyFiles, { seed: 5 });
    const stolen = split.heldOut[0]?.file.chunks[2]?.text as string;
    // The thief has so much code of its own that the files are no near-duplicates.
    const own = testFile('src/thief.py', { functions: 20 }).chunks.map((chunk) => chunk.text);
    const again = splitFiles([...manyFiles, chunkedFile('src/thief.py', [...own, stolen])], { seed: 5 });
    const thief = again.train.find(({ file }) => file.path === 'src/thief.py');
    const victim = again.heldOut.some(({ file }) => file.text.includes(stolen));
    if (thief && victim) {
      expect(thief.excludedLines).toContainEqual({
        startLine: thief.file.chunks.at(-1)?.startLine,
        endLine: thief.file.chunks.at(-1)?.endLine,
      });
      expect(again.filters.chunksLikeHeldOut).toBe(1);
    } else {
      expect(victim, 'pick another seed: the draw moved the victim').toBe(true);
    }
  });

  test('low-quality files and lines with secrets are in neither side, and counted', () => {
    const files = [
      ...manyFiles,
      testFile('data/table.py', { quality: 'data-table' }),
      { ...testFile('src/leaky.py'), secrets: [{ line: 3, endLine: 4, rule: 'jwt' }] },
    ];
    const split = splitFiles(files, { seed: 1 });
    expect(split.dropped).toEqual([{ path: 'data/table.py', reason: 'low quality' }]);
    expect(split.filters).toMatchObject({ filesLowQuality: 1, secrets: 1 });
    const leaky = [...split.train, ...split.validation, ...split.heldOut].find(
      ({ file }) => file.path === 'src/leaky.py',
    );
    expect(leaky?.excludedLines).toEqual([{ startLine: 3, endLine: 4 }]);
  });

  test('one huge file does not become the held-out side', () => {
    const huge = testFile('src/huge.py', { functions: 400 });
    for (let seed = 0; seed < 3; seed++) {
      const split = splitFiles([...manyFiles, huge], { seed });
      expect(split.heldOut.map(({ file }) => file.path)).not.toContain('src/huge.py');
    }
  });

  test('a handful of files still gives two measured sides and leaves some to train on', () => {
    const split = splitFiles(manyFiles.slice(0, 10), { seed: 1 });
    expect(split.heldOut.length).toBeGreaterThanOrEqual(3);
    expect(split.train.length).toBeGreaterThanOrEqual(5);
    expect(splitFiles([], { seed: 1 })).toMatchObject({ train: [], heldOut: [] });
  });
});
