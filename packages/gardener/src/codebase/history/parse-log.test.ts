import { expect, it } from 'vitest';
import { parseLog } from './parse-log.js';

/** What git writes of one commit. */
const commit = (message: string, ...patches: string[]) =>
  `\0${1_700_000_000}\0${message}\0\n\n${patches.map((patch) => `${patch}\n`).join('')}`;
const patch = (path: string, ...lines: string[]) =>
  [`diff --git a/${path} b/${path}`, 'index 1..2 100644', `--- a/${path}`, `+++ b/${path}`, ...lines].join(
    '\n',
  );
const parse = (...parts: string[]) => parseLog(Buffer.from(parts.join('')));

it('tells commits in their order, with the lines after each and which of them it wrote', () => {
  const first = patch('src/a.py', '@@ -1,3 +1,4 @@ def a():', ' one', '-two', '+TWO', '+and', ' three');
  const { commits, unreadable } = parse(
    commit('Say two', first, patch('b c/ü.py', '@@ -4 +4 @@', '-x', '+y', '@@ -9,2 +9 @@', ' k', '-gone')),
    commit('', patch('z.py', '@@ -1 +1 @@', '-1', '+2')),
  );
  expect(unreadable).toBe(0);
  expect(commits).toEqual([
    {
      dateMs: 1_700_000_000_000,
      message: 'Say two',
      hunks: [
        { path: 'src/a.py', lines: ['one', 'TWO', 'and', 'three'], written: [{ start: 1, end: 3 }] },
        { path: 'b c/ü.py', lines: ['y'], written: [{ start: 0, end: 1 }] },
        { path: 'b c/ü.py', lines: ['k'], written: [] },
      ],
    },
    {
      dateMs: 1_700_000_000_000,
      message: '',
      hunks: [{ path: 'z.py', lines: ['2'], written: [{ start: 0, end: 1 }] }],
    },
  ]);
});

it("takes no line of a file for one of git's, whatever stands in it", () => {
  const lines = [
    '@@ -1,5 +1,7 @@',
    ' \x001\x00forged\x00',
    '--- a/old',
    '+++ b/etc/passwd',
    '-@@ -1 +1 @@',
    '+@@ -1,9 +1,9 @@',
    '+diff --git a/x b/x',
    ' ',
    '',
    '+last',
    '\\ No newline at end of file',
  ];
  const { commits, unreadable } = parse(commit('One', patch('a.py', ...lines)));
  // A NUL makes the bytes no text, and the lines are still counted: none of them opens a file or a commit.
  expect({ count: commits.length, hunks: commits[0]?.hunks, unreadable }).toEqual({
    ...{ count: 1, hunks: [], unreadable: 1 },
  });
  const plain = lines.map((line) => line.replaceAll('\0', ''));
  expect(parse(commit('One', patch('a.py', ...plain))).commits[0]?.hunks).toEqual([
    {
      path: 'a.py',
      lines: ['1forged', '++ b/etc/passwd', '@@ -1,9 +1,9 @@', 'diff --git a/x b/x', '', '', 'last'],
      written: [
        { start: 1, end: 4 },
        { start: 6, end: 7 },
      ],
    },
  ]);
});

it('passes over names that git quotes and counts binary files', () => {
  const quoted = patch('x.py', '@@ -1 +1 @@', '-1', '+2').replace('+++ b/x.py', '+++ "b/x\\n.py"');
  const spaced = patch('y z.py', '@@ -1 +1 @@', '-1', '+2').replace('+++ b/y z.py', '+++ b/y z.py\t');
  const { commits, unreadable } = parse(
    commit('All', quoted, 'diff --git a/i.png b/i.png\nBinary files a/i.png and b/i.png differ', spaced),
  );
  expect(commits[0]?.hunks.map(({ path }) => path)).toEqual(['y z.py']);
  expect(unreadable).toBe(1);
});

it('reads lines that end with a carriage return and other encodings', () => {
  const bytes = Buffer.from(
    commit('é', patch('a.py', '@@ -1,2 +1,2 @@', ' caf\xe9\r', '-b', '+b\xfc\r')),
    'latin1',
  );
  const [read] = parseLog(bytes).commits;
  expect(read?.hunks[0]?.lines).toEqual(['café', 'bü']);
});

it('leaves out a hunk that is cut off, and finds nothing in nothing', () => {
  const whole = commit(
    'One',
    patch('a.py', '@@ -1 +1 @@', '-1', '+2', '@@ -5,2 +5,2 @@', ' five', '-six', '+SIX'),
  );
  for (const length of [whole.length - 1, whole.length - 6, whole.length - 20])
    expect(parse(whole.slice(0, length)).commits[0]?.hunks.map(({ lines }) => lines)).toEqual([['2']]);
  expect(parse('')).toEqual({ commits: [], unreadable: 0 });
  expect(parse('warning: something\n+++ b/a.py\n@@ -1 +1 @@\n-1\n+2\n')).toEqual({
    commits: [],
    unreadable: 0,
  });
});
