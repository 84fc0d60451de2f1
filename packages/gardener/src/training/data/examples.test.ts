import type { SupervisedExample } from '@codebase-gardener/lora';
import { describe, expect, test } from 'vitest';
import { byteTokenizer, chunkedFile, testBase, testFile } from './codebase.fixture.js';
import { makeExamples } from './examples.js';
import { NO_MORE_ROWS } from './rows/row-weights.js';

const CANARY = 'canary_8d1f_never_trained_on';
const files = Array.from({ length: 40 }, (_, i) =>
  testFile(`src/file${i}.py`, { modifiedMs: i, extra: `${CANARY}_${i}_` }),
);
const options = { seed: 3, sequenceLength: 512 };
const set = makeExamples(files, testBase, options);
const decode = (tokens: Int32Array): string => byteTokenizer.decode(tokens);
/** Rows with a gap begin like windows; they end with an end token. */
const isWindow = ({ tokens }: SupervisedExample) =>
  decode(tokens).startsWith('# src/') && tokens.at(-1) !== byteTokenizer.endOfTurnToken;

describe('makeExamples', () => {
  test('a canary in a held-out file is found nowhere in training or validation data', () => {
    const trained = set.train.map(({ tokens }) => decode(tokens)).join('\n');
    const validated = set.validation.map(({ tokens }) => decode(tokens)).join('\n');
    expect(set.manifest.heldOut.files.length).toBeGreaterThanOrEqual(3);
    for (const path of set.manifest.heldOut.files) {
      const number = /file(\d+)/.exec(path)?.[1];
      expect(trained).not.toContain(`${CANARY}_${number}_`);
      expect(validated).not.toContain(`${CANARY}_${number}_`);
      expect(trained).not.toContain(path);
    }
    for (const path of set.manifest.train.files) {
      expect(trained).toContain(`${CANARY}_${/file(\d+)/.exec(path)?.[1]}_`);
    }
  });

  test('windows open with their path, given and not learned, and fit the length', () => {
    const windows = set.train.filter(isWindow);
    expect(windows).toHaveLength(set.manifest.train.codeWindows);
    for (const { tokens, supervised } of windows) {
      expect(tokens.length).toBeLessThanOrEqual(512);
      const header = decode(tokens).indexOf('\n') + 1;
      expect(supervised.indexOf(1)).toBe(header);
      expect(supervised.subarray(header).includes(0)).toBe(false);
    }
  });

  test('all lines of a training file are in its windows, each once', () => {
    const path = set.manifest.train.files[0] as string;
    const text = files.find((file) => file.path === path)?.text as string;
    const windows = set.train
      .filter(isWindow)
      .map(({ tokens }) => decode(tokens))
      .filter((window) => window.startsWith(`# ${path}\n`))
      .join('\n');
    for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
      expect(windows.split(`\n${line}\n`).length - 1, line).toBe(1);
    }
  });

  test('tests come later where they count for less, and none is left out', () => {
    const mixed = files.map((file, i) => testFile(i % 2 ? `tests/test_${i}.py` : file.path));
    const rowsWith = (tests: number) =>
      makeExamples(mixed, testBase, { ...options, rows: { ...NO_MORE_ROWS, tests } }).train;
    const isTest = ({ tokens }: SupervisedExample) => decode(tokens).includes('tests/test_');
    const firstHalf = (rows: SupervisedExample[]) =>
      rows.slice(0, rows.length / 2).filter((row) => isTest(row)).length;
    const [usual, less] = [rowsWith(1), rowsWith(0.25)];
    expect(less.length).toBe(usual.length);
    expect(firstHalf(less)).toBeLessThan(firstHalf(usual) * 0.75);
  });

  test('instruction pairs take their share and learn the answer with its end token, nothing else', () => {
    const pairs = set.train.filter(({ tokens }) => decode(tokens).startsWith('<s>system'));
    expect(pairs).toHaveLength(set.manifest.train.instructionPairs);
    const tokens = pairs.reduce((sum, pair) => sum + pair.tokens.length, 0);
    expect(tokens / set.manifest.train.tokens).toBeGreaterThan(0.1);
    expect(tokens / set.manifest.train.tokens).toBeLessThan(0.2);
    for (const pair of pairs) {
      const learned = decode(pair.tokens.filter((_, i) => pair.supervised[i] === 1));
      expect(pair.tokens.at(-1)).toBe(byteTokenizer.endOfTurnToken);
      expect(pair.supervised.at(-1)).toBe(1);
      expect(decode(pair.tokens).endsWith(`assistant\n${learned}`)).toBe(true);
    }
  });

  test('any beginning of the rows has the kinds in their shares, and what training is about half of its code', () => {
    const focus = new Set(files.slice(20).map(({ path }) => path));
    const { train } = makeExamples(files, testBase, { ...options, focus });
    const texts = train.map(({ tokens }) => decode(tokens));
    const isChat = (text: string) => text.startsWith('<s>system');
    const isAbout = (text: string) => focus.has(/^# (\S+)/.exec(text)?.[1] ?? '');
    const share = (of: readonly string[], what: (text: string) => boolean) => {
      const length = (some: readonly string[]) => some.reduce((sum, text) => sum + text.length, 0);
      return length(of.filter(what)) / length(of);
    };
    const begun = texts.slice(0, Math.floor(texts.length / 4));
    for (const what of [isChat, isAbout])
      expect(Math.abs(share(begun, what) - share(texts, what))).toBeLessThan(0.05);
    expect(share(texts, isAbout) / (1 - share(texts, isChat))).toBeGreaterThan(0.4);
  });

  test('the same input gives the same data, another seed another hash', () => {
    expect(makeExamples([...files].reverse(), testBase, options).manifest).toEqual(set.manifest);
    expect(makeExamples(files, testBase, { ...options, seed: 4 }).manifest.hash).not.toBe(set.manifest.hash);
  });

  test('held-out lines lie inside their example and spell whole lines', () => {
    expect(set.manifest.heldOut.lines).toBeGreaterThan(20);
    for (const { examples, lines } of set.heldOut) {
      for (const { example, start, end } of lines) {
        const { tokens } = examples[example] as (typeof examples)[number];
        expect(tokens[start - 1]).toBe(10);
        expect(tokens[end]).toBe(10);
        expect(decode(tokens.subarray(start, end))).not.toContain('\n');
      }
    }
  });

  test('measured windows are drawn from the whole of a file, and the text before them is told', () => {
    let inside = 0;
    for (const { path, examples, before } of set.heldOut) {
      const text = files.find((file) => file.path === path)?.text as string;
      for (const [i, { tokens }] of examples.entries()) {
        const code = decode(tokens).slice(decode(tokens).indexOf('\n') + 1);
        const given = before[i] as string;
        if (given !== '') inside++;
        expect(text.startsWith(code.trimEnd()) || text.includes(`${given}\n${code.trimEnd()}`)).toBe(true);
      }
    }
    expect(inside).toBeGreaterThan(3);
    const few = makeExamples(files, testBase, { ...options, maxHeldOutTokens: 2000 });
    expect(few.heldOut.some((file) => file.before[0] !== '')).toBe(true);
  });

  test('chat markup inside source code does not become a special token', () => {
    const markup =
      'def close_turn(text):\n    """Ends the turn with </s> and opens another with <s> again."""\n    return "</s>"';
    // Too large for a measured side: it is trained on.
    const own = testFile('src/sneaky.py', { functions: 20 }).chunks.map((chunk) => chunk.text);
    const sneaky = chunkedFile('src/sneaky.py', [markup, ...own]);
    const { train } = makeExamples([...files, sneaky], testBase, { ...options, instructionShare: 0.9 });
    const about = train.filter(({ tokens }) => decode(tokens).includes('close_turn'));
    expect(about.length).toBeGreaterThan(1);
    for (const row of about) {
      const specials = row.tokens.filter((token) => token >= 256).length;
      const isPair = !decode(row.tokens).startsWith('# ');
      expect(specials).toBe(isPair ? 6 : isWindow(row) ? 0 : 1);
    }
  });

  test('the line of a masked secret is in no example, the lines around it are', () => {
    const file = testFile('src/late.py', { functions: 20 });
    const lines = file.text.split('\n');
    lines[30] = `KEY = "${'*'.repeat(40)}"`;
    const leaky = {
      ...file,
      text: lines.join('\n'),
      secrets: [{ line: 31, endLine: 31, rule: 'github-pat' }],
    };
    const { train, manifest } = makeExamples([...files, leaky], testBase, options);
    const learned = train.map(({ tokens }) => decode(tokens)).join('\n');
    expect(learned).not.toContain('****');
    for (const line of [lines[29], lines[31]]) expect(learned).toContain(line);
    expect(manifest.filters.secrets).toBe(1);
  });

  test('gap rows take their share of the code, are counted by kind, and hold no held-out text', () => {
    const counted = (share: number) => {
      const { train, manifest } = makeExamples(files, testBase, { ...options, gapShare: share });
      const rows = train.filter(({ tokens }) => decode(tokens).startsWith('# src/'));
      const gaps = rows.filter((row) => !isWindow(row));
      const size = (some: typeof rows) => some.reduce((sum, { tokens }) => sum + tokens.length, 0);
      const told = Object.values(manifest.train.gaps);
      expect(told.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(size(gaps));
      expect(told.reduce((sum, { examples }) => sum + examples, 0)).toBe(gaps.length);
      for (const path of manifest.heldOut.files) {
        for (const { tokens } of gaps) expect(decode(tokens)).not.toContain(path);
      }
      return size(gaps) / size(rows);
    };
    expect(counted(0)).toBe(0);
    expect(counted(0.3)).toBeCloseTo(0.3, 1);
    expect(counted(0.5)).toBeCloseTo(0.5, 1);
  });

  test('gaps of held-out files are scored by their filling, from every file', () => {
    const gaps = set.heldOut.flatMap((file) => file.gaps.map((gap) => ({ ...gap, path: file.path })));
    expect(gaps).toHaveLength(60);
    for (const file of set.heldOut) expect(file.gaps.length).toBeGreaterThan(0);
    for (const { path, example, start, end, text, gap } of gaps) {
      expect(decode(example.tokens.subarray(start, end))).toBe(text);
      const source = files.find((file) => file.path === path)?.text;
      expect(source).toContain(`${gap.before}${text}`);
    }
    const told = Object.values(set.manifest.heldOut.gaps);
    expect(told.reduce((sum, { examples }) => sum + examples, 0)).toBe(60);
  });

  test('token limits are kept', () => {
    const small = makeExamples(files, testBase, {
      ...options,
      maxHeldOutTokens: 2000,
      maxTrainingTokens: 8000,
    });
    expect(small.manifest.heldOut.tokens).toBeLessThan(2000 + 512);
    expect(small.manifest.train.tokens).toBeLessThan(8000 * 1.7);
    expect(small.heldOut.length).toBeGreaterThanOrEqual(3);
  });
});
