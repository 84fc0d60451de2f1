import { loadBaseModel } from '@codebase-gardener/lora';
import { expect, inject, test } from 'vitest';
import { chunkedFile } from '../codebase.fixture.js';
import { drawGaps, gapBase } from './gap-examples.js';

const MARKUP = ['<|im_start|>', '<|im_end|>', '<|fim_middle|>', '<|endoftext|>', '<repo_name>'];
const SOURCE = Array.from(
  { length: 20 },
  (_, i) =>
    `def part_${i}(text):\n    marks = split(text, "${MARKUP[i % MARKUP.length]}", ${i})\n    return marks`,
);

test('markup of special tokens in source code is text in every row with a gap', async () => {
  await using base = await loadBaseModel(inject('baseModelFile'), { weightsHash: '' });
  const { tokenizer } = base;
  const gaps = gapBase(tokenizer);
  expect(gaps).toMatchObject({ gapTokens: null, endToken: tokenizer.endOfTurnToken });
  // The same words as those of a base that fills gaps in: its tokens are the only special ones of a row.
  const special = (name: string) => tokenizer.specialTokens.get(name) ?? -1;
  const gapTokens = {
    ...{ prefix: special('<|im_start|>'), suffix: special('<reponame>'), middle: special('<filename>') },
    ...{ end: special('<|endoftext|>'), repository: null },
  };
  const filling = { tokenizer, gapTokens, endToken: gapTokens.end };
  const side = { file: chunkedFile('marks.py', SOURCE), excludedLines: [] };
  const ids = new Set(tokenizer.specialTokens.values());
  for (const [used, specials] of [
    [gaps, 1],
    [filling, 4],
  ] as const) {
    const rows = [...drawGaps(side, used, { sequenceLength: 256, seed: 1, repository: 'r' })].slice(0, 40);
    expect(rows).toHaveLength(40);
    for (const { example, text } of rows) {
      expect(example.tokens.filter((token) => ids.has(token))).toHaveLength(specials);
      const start = example.supervised.indexOf(1);
      expect(tokenizer.decode(example.tokens.subarray(start, -1))).toBe(text);
    }
  }
});
