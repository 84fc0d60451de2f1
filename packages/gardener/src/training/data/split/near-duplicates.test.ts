import { expect, test } from 'vitest';
import { seededRandom } from '../random.js';
import { clusterNearDuplicates, minHash, shingles, similarity } from './near-duplicates.js';

function randomWords(count: number, seed: number): string[] {
  const random = seededRandom(seed, 'words');
  return Array.from({ length: count }, () => `w${Math.floor(random() * 1e6)}`);
}

test('the estimate is near the true Jaccard similarity', () => {
  const shared = randomWords(600, 1);
  const a = [...shared, ...randomWords(300, 2)].join(' ');
  const b = [...shared, ...randomWords(300, 3)].join(' ');
  const setA = new Set(shingles(a));
  const setB = new Set(shingles(b));
  const both = [...setA].filter((shingle) => setB.has(shingle)).length;
  const truth = both / (setA.size + setB.size - both);
  expect(truth).toBeGreaterThan(0.4);
  const estimate = similarity(minHash(a) as Uint32Array, minHash(b) as Uint32Array);
  expect(Math.abs(estimate - truth)).toBeLessThan(0.12);
});

test('copies with other white space and a few other words cluster, unrelated texts do not', () => {
  const words = randomWords(200, 4);
  const edited = [...words];
  edited[50] = 'changed';
  edited[120] = 'changed_too';
  const texts = [words.join(' '), randomWords(200, 5).join(' '), edited.join('\n'), words.join('\t')];
  expect(clusterNearDuplicates(texts, 0.5)).toEqual([0, 1, 0, 0]);
});

test('texts without tokens belong to nobody', () => {
  expect(clusterNearDuplicates(['', '  \n', 'a b c'], 0.5)).toEqual([0, 1, 2]);
});
