import { expect, test } from 'vitest';
import type { SearchResult } from '../../retrieval/search/search.js';
import { byteTokenizer, testBase, testFile } from '../data/codebase.fixture.js';
import { makeExamples } from '../data/examples.js';
import { withRetrieval } from './retrieval-examples.js';

const files = Array.from({ length: 30 }, (_, i) => testFile(`src/${i}.py`, { extra: `canary_${i}_` }));
const { heldOut, manifest } = makeExamples(files, testBase, { seed: 1, sequenceLength: 512 });
const decode = (tokens: Int32Array): string => byteTokenizer.decode(tokens);
const everyChunk: SearchResult[] = files
  .flatMap((file) => file.chunks)
  .map((chunk) => ({
    chunk,
    score: 1,
    vectorRank: 1,
    keywordRank: 1,
    why: { definition: null, name: [], path: [], words: [], meaning: null },
    dependencies: { symbols: [], files: [] },
  }));

test('scored tokens and lines are those without retrieval, behind code of other files', async () => {
  const queries: string[] = [];
  const search = async (query: string): Promise<SearchResult[]> => {
    queries.push(query);
    return everyChunk.filter(({ chunk }) => manifest.train.files.includes(chunk.path)).slice(0, 5);
  };
  const augmented = await withRetrieval(heldOut, search, byteTokenizer);
  for (const [index, file] of augmented.entries()) {
    const plain = heldOut[index] as (typeof heldOut)[number];
    for (const [i, { tokens, supervised }] of file.examples.entries()) {
      const scored = (source: { tokens: Int32Array; supervised: Uint8Array }): string =>
        decode(source.tokens.filter((_, at) => source.supervised[at] === 1));
      expect(scored({ tokens, supervised })).toBe(
        scored(plain.examples[i] as (typeof plain.examples)[number]),
      );
      expect(decode(tokens).startsWith('# src/')).toBe(true);
      expect(tokens.length).toBeGreaterThan(plain.examples[i]?.tokens.length ?? 0);
    }
    const textOf = (source: typeof plain): string[] =>
      source.lines.map(({ example, start, end }) =>
        decode(source.examples[example]?.tokens.subarray(start, end) ?? new Int32Array()),
      );
    expect(textOf(file)).toEqual(textOf(plain));
  }
  expect(queries.some((query) => query.startsWith('src/'))).toBe(true);
});

test('a canary of a held-out file never stands in a scored prompt, even when the index returns it', async () => {
  const augmented = await withRetrieval(heldOut, async () => everyChunk, byteTokenizer);
  for (const path of manifest.heldOut.files) {
    const canary = `canary_${/(\d+)/.exec(path)?.[1]}_`;
    for (const file of augmented) {
      for (const { tokens, supervised } of file.examples) {
        const given = decode(tokens.filter((_, at) => supervised[at] === 0));
        expect(given).not.toContain(canary);
      }
    }
  }
});
