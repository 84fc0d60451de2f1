import type { Tokenizer } from '@codebase-gardener/lora';
import { expect, test } from 'vitest';
import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import type { SplitFile } from '../split/split.js';
import { drawGaps, type GapBase } from './gap-examples.js';

/** One token a character: what a row holds can be read back. Ids from 60,000 on are the special tokens. */
const tokenizer: Tokenizer = {
  encode: (text) => Int32Array.from([...text].map((letter) => letter.charCodeAt(0))),
  encodeWithSpecials: () => new Int32Array(),
  decode: (tokens) =>
    Array.from(tokens, (token) => (token < 60_000 ? String.fromCharCode(token) : `<${token}>`)).join(''),
  vocabularySize: 60_010,
  endOfTurnToken: 60_009,
  beginToken: -1,
  addBegin: false,
};
const gapTokens = {
  prefix: 60_000,
  suffix: 60_001,
  middle: 60_002,
  end: 60_003,
  repository: { name: 60_004, file: 60_005 },
};
const filling: GapBase = { tokenizer, gapTokens, endToken: 60_003 };
const continuing: GapBase = { tokenizer, gapTokens: null, endToken: 60_009 };
const options = { sequenceLength: 700, seed: 1, repository: 'shop' };

const SOURCE = Array.from(
  { length: 12 },
  (_, i) => `export function price${i}(item: Item, count: number): number {
  const each = item.price * (1 + item.tax);
  const total = round(each * count, 2);
  log({ total, count, item: item.name, at: now() });
  return total;
}
`,
).join('\n');

/** The first rows of a file. */
function gapExamples(side: SplitFile, count: number, base: GapBase, drawn = options) {
  return [...drawGaps(side, base, drawn)].slice(0, count);
}

function side(text: string, excludedLines: SplitFile['excludedLines'] = []): SplitFile {
  const file: ChunkedFile = {
    ...{ path: 'src/price.ts', language: 'typescript', hash: '', text, modifiedMs: 0, chunks: [] },
    hasSyntaxErrors: false,
  };
  return { file, excludedLines };
}

test("a row is the file around the gap in the base's spelling, and the filling with its end is what is learned", () => {
  const rows = gapExamples(side(SOURCE), 40, filling, options);
  expect(rows).toHaveLength(40);
  for (const { example, text } of rows) {
    const { tokens, supervised } = example;
    expect(tokens.length).toBeLessThanOrEqual(options.sequenceLength);
    const read = tokenizer.decode(tokens);
    const parts = /^<60004>shop\n<60005>src\/price\.ts\n<60000>(.*)<60001>(.*)<60002>(.*)<60003>$/s.exec(
      read,
    );
    const [before, after, middle] = [parts?.[1] ?? '', parts?.[2] ?? '', parts?.[3] ?? ''];
    expect(middle).toBe(text);
    expect(SOURCE).toContain(`${before}${middle}${after}`);
    if (!supervised) throw new Error('a gap row says what is learned');
    const learned = tokens.filter((_, i) => supervised[i] === 1);
    expect(tokenizer.decode(learned)).toBe(`${text}<60003>`);
  }
  expect(new Set(rows.map(({ kind }) => kind)).size).toBe(4);
});

test('a base without the tokens learns the same gaps from what stands before them', () => {
  const rows = gapExamples(side(SOURCE), 10, continuing, options);
  expect(rows).toHaveLength(10);
  for (const { example, text } of rows) {
    const read = tokenizer.decode(example.tokens);
    expect(read.startsWith('// src/price.ts\n')).toBe(true);
    expect(read.endsWith(`${text}<60009>`)).toBe(true);
    expect(SOURCE).toContain(read.slice('// src/price.ts\n'.length, -'<60009>'.length));
  }
});

test('the same seed gives the same rows, another seed others', () => {
  const drawn = (seed: number) => gapExamples(side(SOURCE), 10, filling, { ...options, seed });
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

test('excluded lines are in no row, neither in the gap nor around it', () => {
  const secret = SOURCE.split('\n');
  secret[30] = 'const secretLine = "***";';
  const rows = gapExamples(side(secret.join('\n'), [{ startLine: 31, endLine: 31 }]), 60, filling, options);
  expect(rows.length).toBeGreaterThan(20);
  for (const { example } of rows) expect(tokenizer.decode(example.tokens)).not.toContain('secretLine');
});

test('a file that has no scopes, or none that fits, gives no row', () => {
  expect(gapExamples(side(''), 5, filling, options)).toEqual([]);
  expect(gapExamples(side(SOURCE), 5, filling, { ...options, sequenceLength: 40 })).toEqual([]);
});
