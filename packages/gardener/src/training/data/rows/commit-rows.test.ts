import type { SupervisedExample } from '@codebase-gardener/lora';
import { describe, expect, it } from 'vitest';
import type { Commit, Hunk } from '../../../codebase/history/parse-log.js';
import { fakeSecrets } from '../../../codebase/secrets/fake-secrets.fixture.js';
import { byteTokenizer, chunkedFile, testBase, testFile } from '../codebase.fixture.js';
import { makeExamples } from '../examples.js';
import { type GapBase, gapBase } from '../gaps/gap-examples.js';
import type { SplitFile } from '../split/split.js';
import { commitRows } from './commit-rows.js';
import { NO_MORE_ROWS } from './row-weights.js';

const parts = ({ tokens, supervised }: SupervisedExample) => ({
  given: byteTokenizer.decode(tokens.filter((_, i) => supervised[i] === 0)),
  learned: byteTokenizer.decode(tokens.filter((_, i) => supervised[i] === 1)),
});
const options = { sequenceLength: 512, seed: 1, repository: 'shop' };
const side = (path: string, ...blocks: string[]): SplitFile => ({
  file: chunkedFile(path, blocks),
  excludedLines: [],
});

const TAX = `def with_tax(prices, rate):
    total = sum(price for price in prices)
    return round(total * (1 + rate), 2)`;
/** A hunk of a text, of which the lines that hold `mark` were written. */
const hunk = (path: string, text: string, mark: string | RegExp): Hunk => {
  const lines = text.split('\n');
  const isWritten = lines.map((line) => (typeof mark === 'string' ? line.includes(mark) : mark.test(line)));
  const written: Hunk['written'] = [];
  for (const [at, is] of isWritten.entries()) {
    if (!is) continue;
    if (isWritten[at - 1]) written[written.length - 1]!.end = at + 1;
    else written.push({ start: at, end: at + 1 });
  }
  return { path, lines, written };
};
const commit = (message: string, ...hunks: Hunk[]): Commit => ({ dateMs: 0, message, hunks });
const made = (
  commits: Commit[],
  train: SplitFile[],
  measured: SplitFile[] = [],
  wanted = 10_000,
  base: GapBase = gapBase(byteTokenizer),
) => commitRows({ commits, unreadable: 0 }, { train, measured }, wanted, base, options);
/** What comes of one edit. */
const fate = (...all: Parameters<typeof made>) => {
  const { rows, leftOut } = made(...all);
  return rows.length > 0 ? 'learned' : Object.keys(leftOut).join();
};

describe('commitRows', () => {
  const tax = side('src/tax.py', TAX);
  const rounded = commit('Round to cents', hunk('src/tax.py', TAX, 'round('));

  it('gives the path, the message and the code before an edit, and learns the lines that it wrote', () => {
    const { rows, commits, leftOut } = made([rounded], [tax]);
    expect(rows.map(parts)).toEqual([
      {
        given:
          '# src/tax.py\n# Round to cents\ndef with_tax(prices, rate):\n    total = sum(price for price in prices)\n',
        learned: '    return round(total * (1 + rate), 2)</s>',
      },
    ]);
    expect({ commits, leftOut }).toEqual({ commits: 1, leftOut: {} });
  });

  it('shows a base that fills gaps the code after the edit as well', () => {
    const gapTokens = { prefix: 300, suffix: 301, middle: 302, end: 303, repository: null };
    const filling = { tokenizer: byteTokenizer, gapTokens, endToken: 303 };
    const edit = commit('Sum them', hunk('src/tax.py', TAX, 'sum('));
    const [row] = made([edit], [tax], [], 10_000, filling).rows;
    const mark = (id: number) => String.fromCharCode(id);
    expect(row && parts(row)).toEqual({
      given: `${mark(300)}# src/tax.py\n# Sum them\ndef with_tax(prices, rate):\n${mark(301)}\n    return round(total * (1 + rate), 2)${mark(302)}`,
      learned: `    total = sum(price for price in prices)${mark(303)}`,
    });
  });

  it('keeps a message to one line of comment, and does without one', () => {
    const [row] = made([{ ...rounded, message: ` Round\u2028\x1b[31m ${'all '.repeat(99)}` }], [tax]).rows;
    expect(row && parts(row).given.split('\n')[1]).toMatch(/^# Round \[31m all all /);
    expect(row && parts(row).given.split('\n')[1]?.length).toBeLessThan(170);
    const [bare] = made([{ ...rounded, message: '' }], [tax]).rows;
    expect(bare && parts(bare).given).toMatch(/^# src\/tax\.py\ndef with_tax/);
  });

  it('takes nothing of a file that is held out, gone, or not trained on', () => {
    expect(fate([rounded], [], [tax])).toBe('measured');
    expect(fate([rounded], [side('src/other.py', TAX)])).toBe('notTrained');
  });

  it('takes nothing that a held-out file has, neither learned nor shown', () => {
    const fee = (body: string) => `def with_fee(prices, fees):\n${body}\n    return total + fees[0]`;
    const moved =
      '    total = sum(price for price in prices)\n    log(total, kind="fee", at=now(), by=current_user())';
    const own = '    total = 0\n    for price in prices: total += price.amount';
    const measured = [side('src/held.py', `def elsewhere(prices):\n${moved}`)];
    const learned = commit('Move it', hunk('src/fee.py', fee(moved), /total = sum|log\(/));
    expect(fate([learned], [side('src/fee.py', fee(moved))], measured)).toBe('likeHeldOut');
    const shown = commit('Return it', hunk('src/fee.py', fee(moved), 'return total'));
    expect(fate([shown], [side('src/fee.py', fee(moved))], measured)).toBe('likeHeldOut');
    const line = commit('Sum', hunk('src/fee.py', fee(moved), 'total = sum'));
    expect(fate([line], [side('src/fee.py', fee(moved))], measured)).toBe('likeHeldOut');
    const free = commit('Add up', hunk('src/fee.py', fee(own), /total = 0|for price/));
    expect(fate([free], [side('src/fee.py', fee(own))], measured)).toBe('learned');
  });

  it('learns only what still stands there and is trained on', () => {
    expect(fate([rounded], [side('src/tax.py', TAX.replace(', 2)', ', 4)'))])).toBe('changedSince');
    expect(fate([rounded], [{ ...tax, excludedLines: [{ startLine: 3, endLine: 3 }] }])).toBe('changedSince');
    const windows = { ...tax, file: { ...tax.file, text: tax.file.text.replaceAll('\n', '\r\n') } };
    expect(fate([rounded], [windows])).toBe('learned');
  });

  it('learns no deletion, no word or two, no comment, nothing without code before it, and nothing too long', () => {
    expect(fate([commit('Delete', hunk('src/tax.py', TAX, 'nowhere'))], [tax])).toBe('nothingWritten');
    const small = `${TAX}\n\nX = 1`;
    expect(fate([commit('One', hunk('a.py', small, 'X = '))], [side('a.py', small)])).toBe('tooShort');
    expect(fate([commit('Top', hunk('src/tax.py', TAX, 'def '))], [tax])).toBe('tooShort');
    const told = `${TAX}\n# Rounded as the law of the land has it.`;
    expect(fate([commit('Tell', hunk('a.py', told, 'Rounded'))], [side('a.py', told)])).toBe('comments');
    const many = `${TAX}\n${Array.from({ length: 40 }, (_, i) => `rate_${i} = read(${i})`).join('\n')}`;
    expect(fate([commit('Many', hunk('a.py', many, 'rate_'))], [side('a.py', many)])).toBe('tooLong');
  });

  it('makes no row where a secret is near, or in the message', () => {
    const key = fakeSecrets()['github-pat'];
    const leaky = hunk('src/tax.py', `TOKEN = "${key}"\n${TAX}`, 'round(');
    expect(fate([commit('Round', leaky)], [tax])).toBe('secret');
    expect(fate([{ ...rounded, message: `Use ${key}` }], [tax])).toBe('secret');
    // The file as it is read has asterisks there.
    const masked = side('src/tax.py', `${TAX}\n    token = "${'*'.repeat(40)}"`);
    const secret = hunk('src/tax.py', `${TAX}\n    token = "${key}"`, 'token');
    expect(fate([commit('Add a key', secret)], [masked])).toBe('changedSince');
  });

  it('takes near-duplicates once, the newest, and of a sweeping commit a part', () => {
    const paths = Array.from({ length: 4 }, (_, i) => `src/tax${i}.py`);
    const same = paths.map((path) => commit(`Change ${path}`, hunk(path, TAX, /total = sum|round\(/)));
    const sides = paths.map((path) => side(path, TAX));
    const once = made(same, sides);
    expect(once.rows.map((row) => parts(row).given.split('\n')[0])).toEqual(['# src/tax0.py']);
    expect(once.leftOut).toEqual({ duplicate: 3 });
    const files = Array.from({ length: 25 }, (_, i) => testFile(`src/file${i}.py`));
    const sweep = commit(
      'Sweep',
      ...files.map(({ path, text }) => hunk(path, text.slice(0, 300), /^ {4}"""/)),
    );
    const part = made(
      [sweep],
      files.map((file) => ({ file, excludedLines: [] })),
    );
    expect(part.rows).toHaveLength(10);
    expect(part.leftOut.ofLargeCommit).toBeGreaterThanOrEqual(15);
  });

  it('takes the newest first, as many as are wanted', () => {
    const files = Array.from({ length: 9 }, (_, i) => testFile(`src/file${i}.py`));
    const commits = files.map(({ path, text }, i) =>
      commit(`Change ${i}`, hunk(path, text.slice(0, 300), /^ {4}"""/)),
    );
    const all = files.map((file) => ({ file, excludedLines: [] }));
    const { rows } = made(commits, all, [], 300);
    expect(rows.length).toBeLessThan(5);
    for (const [i, row] of rows.entries()) expect(parts(row).given).toContain(`# Change ${i}\n`);
    expect(made(commits, all, [], 0)).toEqual({ rows: [], commits: 0, leftOut: {} });
  });
});

describe('makeExamples with a history', () => {
  const files = Array.from({ length: 30 }, (_, i) => testFile(`src/file${i}.py`, { modifiedMs: i }));
  const commits = files.map(({ path, text }) =>
    commit(`Change ${path}`, ...text.split('\n\n').map((block) => hunk(path, block, /^ {4}\w+ = /))),
  );
  const history = { commits, unreadable: 2 };
  const limits = { seed: 3, sequenceLength: 512, history };
  const usual = makeExamples(files, testBase, { ...limits, history: null });

  it('makes no row of commits by default', () => {
    const { manifest } = makeExamples(files, testBase, limits);
    expect(manifest).toEqual(usual.manifest);
    expect(manifest.train.commitRows).toEqual({ examples: 0, tokens: 0, commits: 0, leftOut: {} });
  });

  it('takes the share that is asked for, tells what was left out, and keeps the split', () => {
    const { train, manifest } = makeExamples(files, testBase, {
      ...limits,
      rows: { ...NO_MORE_ROWS, commits: 0.1 },
    });
    const { commitRows: told } = manifest.train;
    const code = usual.manifest.train.tokens - usual.manifest.train.tokens * 0.15;
    expect(told.tokens / (code + told.tokens)).toBeCloseTo(0.1, 1);
    expect(told.commits).toBe(30);
    expect(told.leftOut.unreadable).toBe(2);
    const measured = [...manifest.heldOut.files, ...manifest.validation.files];
    expect(told.leftOut.measured).toBe(
      commits.filter(({ hunks }) => measured.includes(hunks[0]!.path)).flatMap(({ hunks }) => hunks).length,
    );
    expect(manifest.heldOut).toEqual(usual.manifest.heldOut);
    const rows = train.filter((row) => /^# \S+\n# Change /.test(parts(row).given));
    expect(rows).toHaveLength(told.examples);
    for (const row of rows) expect(measured.some((path) => parts(row).given.includes(path))).toBe(false);
  });
});
