import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commitAll, git, makeTree } from '../walk/tree.fixture.js';
import { historyNote, readHistory } from './read-history.js';

const isWindows = process.platform === 'win32';
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line_${i} = ${i}`);
const withLine = (lines: string[], at: number, text: string) => lines.with(at, text).join('\n');

/** Writes files and commits them all. */
function change(root: string, message: string, files: Record<string, string | Uint8Array>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '--allow-empty', '-m', message);
}

/** Messages with the paths and written lines of their hunks. */
async function told(root: string, limits?: Parameters<typeof readHistory>[1]) {
  const history = await readHistory(root, limits);
  return history?.commits.map(({ message, hunks }) => [
    message,
    ...hunks.map(({ path, lines, written }) => [
      path,
      ...written.flatMap(({ start, end }) => lines.slice(start, end)),
    ]),
  ]);
}

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

describe('readHistory', () => {
  const lines = numbered(60);
  const start = () => {
    const root = makeTree({
      'src/a.py': lines.join('\n'),
      'src/b.py': lines.join('\n'),
      'gone.py': 'x = 1\n',
    });
    commitAll(root);
    return root;
  };

  it('tells edits of files newest first, and no new, deleted, renamed or binary file, no merge, no other indent', async () => {
    const root = start();
    change(root, 'Change ten\n\nAnd tell why.', { 'src/a.py': withLine(lines, 10, 'line_10 = "ten"') });
    git(root, 'checkout', '-q', '-b', 'side', 'HEAD~1');
    change(root, 'Change fifty aside', { 'src/b.py': withLine(lines, 50, 'line_50 = "fifty"') });
    git(root, 'checkout', '-q', '-');
    git(root, 'merge', '-q', '--no-ff', '-m', 'Merge it', 'side');
    rmSync(join(root, 'gone.py'));
    change(root, 'New, deleted and binary', { 'new.py': 'y = 2\n', 'i.bin': Uint8Array.of(0, 1, 2) });
    change(root, 'Binary again', { 'i.bin': Uint8Array.of(0, 3, 2) });
    const ten = withLine(lines, 10, 'line_10 = "ten"');
    change(root, 'Indent and line ends', { 'src/a.py': ten.replaceAll('\n', '\r\n  ') });
    git(root, 'mv', 'src/b.py', 'src/c.py');
    change(root, 'Rename', {});
    const weird = 'src/with space "quoted" é.py';
    change(root, 'Weird name', { [weird]: lines.join('\n'), 'src/é ü.py': lines.join('\n') });
    change(root, 'Edit weird names', {
      [weird]: withLine(lines, 3, 'changed = 3'),
      'src/é ü.py': withLine(lines, 4, 'changed = 4'),
    });
    const found = (await told(root))?.filter((commit) => commit.length > 1);
    // Commits of one second have no order across a merge.
    expect(found?.sort()).toEqual([
      ['Change fifty aside', ['src/b.py', 'line_50 = "fifty"']],
      ['Change ten', ['src/a.py', 'line_10 = "ten"']],
      ['Edit weird names', ['src/é ü.py', 'changed = 4']],
    ]);
    expect((await readHistory(root))?.unreadable).toBe(1);
    expect((await readHistory(root))?.ended).toBe('whole');
  });

  it('says the lines around an edit, twenty on each side', async () => {
    const root = start();
    change(root, 'Thirty', { 'src/a.py': withLine(lines, 30, 'line_30 = "thirty"') });
    const [commit] = (await readHistory(root))?.commits ?? [];
    expect(commit?.hunks[0]?.lines).toEqual([
      ...lines.slice(10, 30),
      'line_30 = "thirty"',
      ...lines.slice(31, 51),
    ]);
  });

  it("is of the folder alone, with paths from there, whatever a person's settings say", async () => {
    const root = start();
    change(root, 'Both', {
      'src/a.py': withLine(lines, 1, 'a = 1'),
      'gone.py': 'x = 2\n',
    });
    const settings = { 'diff.noprefix': 'true', 'diff.mnemonicPrefix': 'true', 'color.ui': 'always' };
    const others = {
      'format.pretty': 'oneline',
      'diff.context': '0',
      'log.follow': 'true',
      'log.showRoot': 'true',
    };
    for (const [key, value] of Object.entries({ ...settings, ...others })) git(root, 'config', key, value);
    expect(await told(join(root, 'src'))).toEqual([['Both', ['a.py', 'a = 1']]]);
  });

  it('ends at each of its limits with what it has', async () => {
    const root = start();
    for (let i = 0; i < 5; i++)
      change(root, `Change ${i}`, { 'src/a.py': withLine(lines, i, `changed = "${i}"`) });
    const two = await told(root, { maxCommits: 2 });
    expect(two?.map(([message]) => message)).toEqual(['Change 4', 'Change 3']);
    const small = await readHistory(root, { maxBytes: 1_000 });
    expect(small?.ended).toBe('bytes');
    expect(small?.commits[0]?.hunks).toHaveLength(1);
    expect(historyNote(small)).toMatch(/^The git history is large: \d commits? (?:is|are) learned from\.$/);
  });

  it('leaves out what is much older than the newest commit, and is not led by a clock that is ahead', async () => {
    const root = start();
    const at = (date: number, message: string, files: Record<string, string>) => {
      change(root, message, files);
      const now = git(root, 'cat-file', 'commit', 'HEAD').replace(/^(committer .*> )\d+/m, `$1${date}`);
      writeFileSync(join(root, '.git/redated'), now);
      git(root, 'reset', '-q', git(root, 'hash-object', '-t', 'commit', '-w', '.git/redated').trim());
    };
    const today = Math.floor(Date.now() / 1000);
    at(today - 3 * 365 * 86_400, 'Old', { 'src/a.py': withLine(lines, 1, 'old = 1') });
    at(today - 60, 'New', { 'src/a.py': withLine(lines, 2, 'new = 1') });
    at(today + 50 * 365 * 86_400, 'Ahead', { 'src/a.py': withLine(lines, 3, 'ahead = 1') });
    expect((await told(root))?.map(([message]) => message)).toEqual(['Ahead', 'New']);
  });

  it('is none where there is no repository, no commit or no git, and empty for a shallow clone', async () => {
    const plain = makeTree({ 'a.py': 'a = 1\n' });
    expect(await readHistory(plain)).toBeNull();
    git(plain, 'init', '-q');
    expect(await readHistory(plain)).toBeNull();
    const root = start();
    change(root, 'Change', { 'src/a.py': withLine(lines, 1, 'a = 1') });
    const clone = join(makeTree(), 'clone');
    git(root, 'clone', '-q', '--depth', '1', `file://${root}`, clone);
    const shallow = await readHistory(clone);
    expect(shallow).toEqual({ commits: [], unreadable: 0, ended: 'whole' });
    expect(historyNote(shallow)).toContain('no edit of the last months');
    process.env.PATH = makeTree();
    expect(await readHistory(root)).toBeNull();
    expect(historyNote(null)).toBe('There is no git history here: no row is made of commits.');
  });

  it.skipIf(isWindows)('ends a git that hangs, and when it is told to', async () => {
    const root = start();
    const bin = makeTree({
      git: `#!/bin/sh\ncase "$*" in *rev-parse*) echo '${root}';; *) exec sleep 600;; esac\n`,
    });
    chmodSync(join(bin, 'git'), 0o755);
    process.env.PATH = `${bin}:${path}`;
    const history = await readHistory(root, { timeoutMs: 300 });
    expect(history).toEqual({ commits: [], unreadable: 0, ended: 'time' });
    expect(historyNote(history)).toBe('Reading the git history took too long: no row is made of commits.');
    await expect(readHistory(root, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
  });

  it.skipIf(isWindows)('starts no program that the repository names', async () => {
    const root = start();
    const marker = `${root}-marker`;
    const script = join(root, '.git/evil.sh');
    writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> ${marker}\nexit 1\n`);
    chmodSync(script, 0o755);
    change(root, 'Change', { 'src/a.py': withLine(lines, 1, 'a = 1'), '.gitattributes': '*.py diff=evil\n' });
    const signed = git(root, 'cat-file', 'commit', 'HEAD').replace(
      '\n\n',
      '\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n aaaa\n -----END PGP SIGNATURE-----\n\n',
    );
    writeFileSync(join(root, '.git/signed'), signed);
    git(root, 'reset', '-q', git(root, 'hash-object', '-t', 'commit', '-w', '.git/signed').trim());
    for (const key of [
      'diff.external',
      'diff.evil.textconv',
      'diff.evil.command',
      'gpg.program',
      'core.pager',
    ])
      git(root, 'config', key, script);
    git(root, 'config', 'log.showSignature', 'true');
    expect(await told(root)).toEqual([['Change', ['src/a.py', 'a = 1']]]);
    expect(existsSync(marker)).toBe(false);
    // The trap is real: the same log without the precautions runs the script.
    spawnSync('git', ['log', '-p'], { cwd: root, timeout: 10_000 });
    expect(existsSync(marker)).toBe(true);
  });
});
