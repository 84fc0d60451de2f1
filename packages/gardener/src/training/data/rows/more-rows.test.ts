import type { SupervisedExample } from '@codebase-gardener/lora';
import { expect, it } from 'vitest';
import { byteTokenizer, chunkedFile, testBase, testFile } from '../codebase.fixture.js';
import { makeExamples } from '../examples.js';
import { gapBase } from '../gaps/gap-examples.js';
import type { SplitFile } from '../split/split.js';
import { bodyRow } from './body-rows.js';
import { moreRows } from './more-rows.js';
import { NO_MORE_ROWS, weightedByAge } from './row-weights.js';

const text = ({ tokens }: SupervisedExample) => byteTokenizer.decode(tokens);
const given = ({ tokens, supervised }: SupervisedExample) =>
  byteTokenizer.decode(tokens.filter((_, i) => supervised[i] === 0));
const learned = ({ tokens, supervised }: SupervisedExample) =>
  byteTokenizer.decode(tokens.filter((_, i) => supervised[i] === 1));

const BODY = '    total = sum(price for price in prices)\n    return total * (1 + rate)';
const chunkOf = (block: string) => {
  const [chunk] = chunkedFile('src/tax.py', [block]).chunks;
  if (chunk === undefined) throw new Error('there is no chunk');
  return chunk;
};

it('a signature with its docstring is given, the body is learned', () => {
  const told = bodyRow(
    chunkOf(`def with_tax(prices, rate):\n    """Adds tax."""\n${BODY}`),
    byteTokenizer,
    512,
  );
  expect(told && given(told)).toBe('# src/tax.py\ndef with_tax(prices, rate):\n    """Adds tax."""\n');
  expect(told && learned(told)).toBe(`${BODY}\n`);
});

it('without a docstring the signature alone is given, and quotes in a line of their own close one', () => {
  const bare = bodyRow(chunkOf(`def with_tax(prices, rate):\n${BODY}`), byteTokenizer, 512);
  expect(bare && learned(bare)).toBe(`${BODY}\n`);
  const block = `def with_tax(prices, rate):\n    """Adds tax.\n\n    To all prices.\n    """\n${BODY}`;
  const long = bodyRow(chunkOf(block), byteTokenizer, 512);
  expect(long && learned(long)).toBe(`${BODY}\n`);
});

it('gives no row for a class, for a body of a word or two, or for what is too long', () => {
  const chunk = chunkOf(`def with_tax(prices, rate):\n${BODY}`);
  expect(bodyRow({ ...chunk, kind: 'class' }, byteTokenizer, 512)).toBeNull();
  expect(bodyRow(chunkOf('def one():\n    return 1'), byteTokenizer, 512)).toBeNull();
  expect(bodyRow(chunk, byteTokenizer, 60)).toBeNull();
});

/** Two files, one of which imports what the other declares. */
function importing() {
  const declaring = chunkedFile('src/tax.py', [`def with_tax(prices, rate):\n${BODY}`]);
  for (const chunk of declaring.chunks) chunk.names = ['with_tax'];
  const lines = Array.from({ length: 14 }, (_, i) => `    line_${i} = with_tax(items_${i}, rates[${i}])`);
  const using = chunkedFile('src/bill.py', [
    `def bill(items, rates):\n${lines.join('\n')}\n    return line_1`,
  ]);
  for (const chunk of using.chunks) chunk.imports = ['with_tax', 'unknown'];
  return [declaring, using].map((file): SplitFile => ({ file, excludedLines: [] }));
}
const options = { sequenceLength: 900, seed: 1, repository: 'shop' };
const rowsOf = (sides = importing(), related = 0.5) =>
  moreRows(sides, { bodies: 0, related }, 4_000, gapBase(byteTokenizer), options, Math.random);

it('a gap has the declarations of imported names before its file, and only its filling is learned', () => {
  const { related } = rowsOf();
  expect(related.length).toBeGreaterThan(2);
  for (const row of related) {
    expect(text(row)).toMatch(/^# src\/tax\.py\ndef with_tax\(prices, rate\):\n\n# src\/bill\.py\n/);
    expect(given(row)).toContain('# src/bill.py\n');
    expect(row.tokens.length).toBeLessThanOrEqual(900);
  }
});

it('a name that two files declare, or one that is left out of training, is not shown', () => {
  const twice = importing();
  const other = chunkedFile('src/vat.py', [`def with_tax(prices, rate):\n${BODY}`]);
  for (const chunk of other.chunks) chunk.names = ['with_tax'];
  expect(rowsOf([...twice, { file: other, excludedLines: [] }]).related).toEqual([]);
  const [declaring, using] = importing();
  if (!declaring || !using) throw new Error('there are two');
  const leftOut = { ...declaring, excludedLines: [{ startLine: 1, endLine: 1 }] };
  expect(rowsOf([leftOut, using]).related).toEqual([]);
});

const files = Array.from({ length: 30 }, (_, i) => testFile(`src/file${i}.py`, { modifiedMs: i }));
const limits = { seed: 3, sequenceLength: 512 };

it('no kind of row is made by default, each takes its share where it is asked for', () => {
  const usual = makeExamples(files, testBase, limits);
  expect(usual.manifest.train).toMatchObject({ bodyRows: 0, relatedRows: 0 });
  expect(makeExamples(files, testBase, { ...limits, rows: NO_MORE_ROWS }).manifest.hash).toBe(
    usual.manifest.hash,
  );
  const { manifest } = makeExamples(files, testBase, { ...limits, rows: { ...NO_MORE_ROWS, bodies: 0.2 } });
  expect(manifest.train.bodyRows).toBeGreaterThan(5);
  expect(manifest.train.tokens).toBeGreaterThan(usual.manifest.train.tokens);
  expect(manifest.heldOut).toEqual(usual.manifest.heldOut);
});

it('the newer half counts for more, the sum stays, and files of one age are alike', () => {
  const side = (modifiedMs: number) => ({ side: { file: { modifiedMs } }, windowTokens: 100 });
  const weighted = weightedByAge([side(1), side(2), side(3), side(4)], 3).map((file) => file.windowTokens);
  expect(weighted[3]).toBeCloseTo(3 * (weighted[0] ?? 0));
  expect(weighted.reduce((sum, tokens) => sum + tokens, 0)).toBeCloseTo(400);
  expect(weightedByAge([side(5), side(5)], 3)).toEqual([side(5), side(5)]);
});
