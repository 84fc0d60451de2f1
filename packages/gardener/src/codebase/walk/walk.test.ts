import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitAll, git, makeTree, pathsOf, reasonsOf } from './tree.fixture.js';
import { walkCodebase } from './walk.js';

const isRoot = process.getuid?.() === 0;
const isWindows = process.platform === 'win32';

describe('walkCodebase in a git repository', () => {
  it("takes git's own list: tracked and untracked, not ignored, sorted", async () => {
    const root = makeTree({
      'b.ts': 'b',
      'a.py': 'a',
      '.gitignore': 'ignored.ts\n/out/\n!kept.ts\n',
      'ignored.ts': 'x',
      'out/x.ts': 'x',
      'deep/.gitignore': '*.js\n!yes.js\n',
      'deep/no.js': 'x',
      'deep/yes.js': 'x',
    });
    commitAll(root);
    writeFileSync(join(root, 'new.ts'), 'untracked');
    writeFileSync(join(root, 'local.ts'), 'excluded');
    writeFileSync(join(root, '.git/info/exclude'), 'local.ts\n');
    const walk = await walkCodebase(root);
    expect(walk.files.map((file) => file.path)).toEqual(['a.py', 'b.ts', 'deep/yes.js', 'new.ts']);
    expect(walk.files.map((file) => file.language)).toEqual([
      'python',
      'typescript',
      'javascript',
      'typescript',
    ]);
    expect(walk.listedBy).toBe('git');
    expect(walk.commit).toBe(git(root, 'rev-parse', 'HEAD').trim());
    expect(walk.outcomes.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      '.gitignore unknown-language',
      'deep/.gitignore unknown-language',
    ]);
  });

  it('has no commit before the first one, and leaves out tracked files that are gone', async () => {
    const root = makeTree({ 'a.ts': 'a', 'gone.ts': 'b' });
    git(root, 'init', '-q');
    git(root, 'add', '-A');
    rmSync(join(root, 'gone.ts'));
    const walk = await walkCodebase(root);
    expect(walk.commit).toBeNull();
    expect(walk.files.map((file) => file.path)).toEqual(['a.ts']);
  });

  it('works in a subfolder of a repository, and in a folder that the repository ignores', async () => {
    const root = makeTree({
      'top.ts': 'a',
      'sub/in.ts': 'b',
      'sub/skip.ts': 'b',
      '.gitignore': 'skip.ts\nscratch/\n',
      'scratch/a.ts': 'c',
    });
    commitAll(root);
    expect(await pathsOf(join(root, 'sub'))).toEqual(['in.ts']);
    const scratch = await walkCodebase(join(root, 'scratch'));
    expect(scratch.files.map((file) => file.path)).toEqual(['a.ts']);
    expect(scratch.listedBy).toBe('ignore-files');
    expect(scratch.commit).toBeNull();
  });

  it('lists submodules and names nested repositories', async () => {
    const library = makeTree({ 'lib.ts': 'l', '.gitignore': 'x.ts\n' });
    commitAll(library);
    const root = makeTree({ 'a.ts': 'a', 'clone/b.ts': 'b' });
    commitAll(join(root, 'clone'));
    git(root, 'init', '-q');
    git(root, '-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', library, 'parts/library');
    writeFileSync(join(root, 'parts/library/x.ts'), 'ignored there');
    const walk = await walkCodebase(root);
    expect(walk.files.map((file) => file.path)).toEqual(['a.ts', 'parts/library/lib.ts']);
    expect(walk.outcomes).toContainEqual({
      path: 'clone/',
      outcome: 'skipped',
      reason: 'nested-repository',
    });
  });

  it('works in a worktree, and in the middle of a conflict lists a file once', async () => {
    const root = makeTree({ 'a.ts': 'one\n' });
    commitAll(root);
    const main = git(root, 'branch', '--show-current').trim();
    git(root, 'worktree', 'add', '-q', '-b', 'other', join(root, '../', `${root.split('/').pop()}-tree`));
    const tree = `${root}-tree`;
    writeFileSync(join(tree, 'a.ts'), 'two\n');
    git(tree, 'commit', '-qam', 'two');
    writeFileSync(join(root, 'a.ts'), 'three\n');
    git(root, 'commit', '-qam', 'three');
    expect(() => git(tree, 'rebase', main)).toThrow();
    expect(git(tree, 'ls-files', '-s').trim().split('\n').length).toBeGreaterThan(1);
    const walk = await walkCodebase(tree);
    expect(walk.listedBy).toBe('git');
    expect(walk.files.map((file) => file.path)).toEqual(['a.ts']);
  });

  it.skipIf(!isRoot)(
    "reads another user's checkout as git's list in spite of dubious ownership",
    async () => {
      const root = makeTree({ 'a.ts': 'a', 'ignored.ts': 'x', '.gitignore': 'ignored.ts\n' });
      commitAll(root);
      for (const path of ['', '.git', '.gitignore', 'a.ts']) chownSync(join(root, path), 12345, 12345);
      expect(() => git(root, 'status')).toThrow();
      const walk = await walkCodebase(root);
      expect(walk).toMatchObject({ listedBy: 'git', commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
      expect(walk.files.map((file) => file.path)).toEqual(['a.ts']);
    },
  );

  it('falls back to ignore files when the repository is damaged', async () => {
    const root = makeTree({ 'a.ts': 'a', 'ignored.ts': 'x', '.gitignore': 'ignored.ts\n' });
    commitAll(root);
    writeFileSync(join(root, '.git/index'), 'not an index');
    const walk = await walkCodebase(root);
    expect(walk.listedBy).toBe('ignore-files');
    expect(walk.files.map((file) => file.path)).toEqual(['a.ts']);
  });

  it('is not led to another repository by variables that git sets in hooks', async () => {
    const other = makeTree({ 'other.ts': 'o' });
    commitAll(other);
    const root = makeTree({ 'a.ts': 'a' });
    commitAll(root);
    process.env.GIT_DIR = join(other, '.git');
    process.env.GIT_WORK_TREE = other;
    try {
      expect(await pathsOf(root)).toEqual(['a.ts']);
    } finally {
      delete process.env.GIT_DIR;
      delete process.env.GIT_WORK_TREE;
    }
  });
});

describe.skipIf(isWindows)('a hostile repository', () => {
  it('starts nothing: fsmonitor, hooks, filters, aliases, pager, ssh command, includes, partial clone', async () => {
    const root = makeTree({
      'a.ts': 'a\n',
      '.gitattributes': '*.ts filter=evil diff=evil\n',
      'sub/.gitignore': 'x.ts\n',
    });
    commitAll(root);
    const marker = join(root, '..', `${root.split('/').pop()}-marker`);
    const script = join(root, '.git', 'evil.sh');
    writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> ${marker}\nexit 1\n`);
    chmodSync(script, 0o755);
    const included = `[core]\n fsmonitor = ${script}\n pager = ${script}\n sshCommand = ${script}\n editor = ${script}\n askPass = ${script}\n gitProxy = ${script}\n`;
    writeFileSync(join(root, '.git/included'), included);
    const config = `[include]\n path = included\n[core]\n hooksPath = ${join(root, '.git/hooks')}\n repositoryFormatVersion = 1
[alias]\n ls-files = !${script}\n rev-parse = !${script}\n[pager]\n ls-files = ${script}\n rev-parse = ${script}
[filter "evil"]\n clean = ${script}\n smudge = ${script}\n process = ${script}\n required = true\n[diff "evil"]\n textconv = ${script}\n command = ${script}
[credential]\n helper = !${script}\n[extensions]\n partialClone = origin
[remote "origin"]\n url = ext::sh -c ${script}\n promisor = true\n uploadpack = ${script}\n vcs = evil\n[protocol]\n allow = always\n[protocol "ext"]\n allow = always\n`;
    // A sparse .gitignore whose object is missing makes git ask the promisor remote for it.
    git(root, 'update-index', '--skip-worktree', 'sub/.gitignore');
    const blob = git(root, 'rev-parse', 'HEAD:sub/.gitignore').trim();
    rmSync(join(root, 'sub/.gitignore'));
    rmSync(join(root, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
    writeFileSync(join(root, 'sub/y.ts'), 'y\n');
    for (const hook of ['post-index-change', 'post-checkout', 'pre-commit', 'reference-transaction']) {
      linkSync(script, join(root, '.git/hooks', hook));
    }
    writeFileSync(join(root, '.git/config'), `${config}`);
    const paths = await pathsOf(root);
    expect(paths).toContain('a.ts');
    expect(existsSync(marker) ? readFileSync(marker, 'utf8') : '').toBe('');
    // The trap is real: the same listing without the precautions runs the script.
    spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      timeout: 10_000,
    });
    expect(existsSync(marker)).toBe(true);
  });

  it('is not led out of the root by core.worktree, or by links', async () => {
    const outside = makeTree({ 'secret.ts': 'outside', 'folder/b.ts': 'outside' });
    const root = makeTree({ 'a.ts': 'a', 'folder/b.ts': 'b', 'ring/x.ts': 'x' });
    commitAll(root);
    rmSync(join(root, 'folder'), { recursive: true });
    symlinkSync(join(outside, 'folder'), join(root, 'folder'));
    symlinkSync(join(outside, 'secret.ts'), join(root, 'link.ts'));
    symlinkSync('..', join(root, 'ring/ring'));
    symlinkSync('loop-b', join(root, 'loop-a'));
    symlinkSync('loop-a', join(root, 'loop-b'));
    const walk = await walkCodebase(root);
    expect(walk.files.map((file) => file.path)).toEqual(['a.ts', 'ring/x.ts']);
    expect(await reasonsOf(root)).toMatchObject({
      'folder/b.ts': 'symlink',
      'link.ts': 'symlink',
      'loop-a': 'symlink',
    });
    git(root, 'config', 'core.worktree', outside);
    const again = await walkCodebase(root);
    expect(again.files.map((file) => file.path)).toEqual(['a.ts', 'ring/x.ts']);
    rmSync(join(root, '.git'), { recursive: true });
    expect(await pathsOf(root)).toEqual(['a.ts', 'ring/x.ts']);
  });
});

describe('walkCodebase elsewhere', () => {
  it('follows nested .gitignore files with negation as git does', async () => {
    const files = {
      '.gitignore': '*.js\n!keep.js\nbuild\n/only-top.ts\ndocs/*.ts\n!/sub/docs/\ntmp/\n\\#odd.ts\n',
      'a.js': 'x',
      'keep.js': 'x',
      'only-top.ts': 'x',
      'sub/only-top.ts': 'x',
      'docs/x.ts': 'x',
      'sub/docs/x.ts': 'x',
      'sub/.gitignore': '!a.js\n/local.ts\n!build\n',
      'sub/a.js': 'x',
      'sub/local.ts': 'x',
      'sub/deep/local.ts': 'x',
      'sub/build/b.ts': 'x',
      'build/b.ts': 'x',
      'tmp/.gitignore': '!x.ts\n',
      'tmp/x.ts': 'x',
      '#odd.ts': 'x',
      'we[i]rd/.gitignore': 'y.ts\n',
      'we[i]rd/y.ts': 'x',
      'we[i]rd/z.ts': 'x',
    };
    const plain = await walkCodebase(makeTree(files));
    const inGit = makeTree(files);
    commitAll(inGit);
    expect(plain.listedBy).toBe('ignore-files');
    expect(plain.files.map((file) => file.path)).toEqual(await pathsOf(inGit));
    expect(plain.files.map((file) => file.path)).toEqual([
      'keep.js',
      'sub/a.js',
      'sub/build/b.ts',
      'sub/deep/local.ts',
      'sub/docs/x.ts',
      'sub/only-top.ts',
      'we[i]rd/z.ts',
    ]);
  });

  it('lists each checkout of a folder of checkouts by its own git', async () => {
    const root = makeTree({
      'one/a.ts': 'a',
      'one/.gitignore': 'no.ts',
      'one/no.ts': 'x',
      'plain/b.ts': 'b',
    });
    commitAll(join(root, 'one'));
    writeFileSync(join(root, 'one/.git/info/exclude'), 'late.ts\n');
    writeFileSync(join(root, 'one/late.ts'), 'x');
    expect(await pathsOf(root)).toEqual(['one/a.ts', 'plain/b.ts']);
  });

  it('obeys .gardenerignore in git and elsewhere, also for tracked files', async () => {
    const files = {
      '.gardenerignore': 'fixtures/\n*.py\n!good.py\n',
      'a.ts': 'a',
      'bad.py': 'x',
      'good.py': 'x',
      'fixtures/f.ts': 'x',
      'sub/.gardenerignore': '/s.ts\n',
      'sub/s.ts': 'x',
      's.ts': 'x',
    };
    const inGit = makeTree(files);
    commitAll(inGit);
    for (const root of [makeTree(files), inGit])
      expect(await pathsOf(root)).toEqual(['a.ts', 'good.py', 's.ts']);
  });

  it('gives each file that is left out its reason', async () => {
    const root = makeTree({
      'a.ts': 'a',
      '.env': 'KEY=1',
      '.env.production': 'KEY=1',
      '.env.example': 'KEY=',
      'certificate.pem': 'x',
      'deploy/id_rsa': 'x',
      'yarn.lock': 'x',
      'lib/jquery.min.js': 'x',
      'vendor/theirs.py': 'x',
      'node_modules/x/index.js': 'x',
      '__pycache__/a.py': 'x',
      'api_pb2.py': 'x',
      'empty.ts': '',
      'README.md': '# x',
      'tool/run': '#!/usr/bin/env python3\nprint(1)\n',
      'tool/other': '#!/bin/sh\n',
    });
    truncateSync(join(root, 'a.ts'), 1);
    writeFileSync(join(root, 'huge.ts'), '');
    truncateSync(join(root, 'huge.ts'), 200 * 2 ** 20);
    const { files } = await walkCodebase(root);
    expect(files.map((file) => `${file.path} ${file.language}`)).toEqual([
      'README.md markdown',
      'a.ts typescript',
      'tool/other bash',
      'tool/run python',
    ]);
    expect(await reasonsOf(root)).toEqual({
      '.env': 'secret',
      '.env.example': 'unknown-language',
      '.env.production': 'secret',
      'api_pb2.py': 'generated',
      'certificate.pem': 'secret',
      'deploy/id_rsa': 'secret',
      'empty.ts': 'empty',
      'huge.ts': 'too-large',
      'lib/jquery.min.js': 'minified',
      'node_modules/': 'vendored',
      'vendor/': 'vendored',
      'yarn.lock': 'lock-file',
    });
  });

  it('takes names with line ends, emoji and other odd characters', async () => {
    const names = ['line\nend.ts', '🌱 garden.ts', ' leading.ts', 'quote"\'.ts', '-rf.ts', 'ü.ts'];
    const root = makeTree(Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(await pathsOf(root)).toEqual([...names].sort());
    commitAll(root);
    expect(await pathsOf(root)).toEqual([...names].sort());
  });

  it.skipIf(isWindows)('does not open a FIFO, and fails a name that is not UTF-8', async () => {
    const root = makeTree({ 'a.ts': 'a' });
    execFileSync('mkfifo', [join(root, 'pipe.ts')]);
    writeFileSync(
      Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.ts')]),
      'x',
    );
    for (const inGit of [false, true]) {
      if (inGit) commitAll(root);
      const { outcomes, files } = await walkCodebase(root);
      expect(files.map((file) => file.path)).toEqual(['a.ts']);
      expect(outcomes).toContainEqual({ path: '\uFFFD\uFFFD.ts', outcome: 'failed', reason: 'encoding' });
      if (!inGit)
        expect(outcomes).toContainEqual({ path: 'pipe.ts', outcome: 'skipped', reason: 'not-a-file' });
    }
  });

  it('stops when told to', async () => {
    const root = makeTree({ 'a.ts': 'a' });
    await expect(walkCodebase(root, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('a root that cannot be walked', () => {
  it.each([
    ['codebase.path-missing', () => join(makeTree(), 'nothing')],
    ['codebase.path-missing', () => join(makeTree({ 'a.ts': 'a' }), 'a.ts', 'below')],
    ['codebase.not-a-directory', () => join(makeTree({ 'a.ts': 'a' }), 'a.ts')],
    ['codebase.empty', () => makeTree()],
    ['codebase.empty', () => makeTree({ '.gitignore': '*\n', 'a.ts': 'a' })],
    ['codebase.no-known-language', () => makeTree({ 'notes.txt': 'hello', 'b.bin': 'x' })],
  ])('%s', async (code, make) => {
    const root = make();
    await expect(walkCodebase(root)).rejects.toMatchObject({ code, remedy: expect.stringMatching(/\w/) });
  });

  it.skipIf(isRoot || isWindows)('codebase.unreadable (not for root, who may read everything)', async () => {
    const root = makeTree({ 'a.ts': 'a' });
    chmodSync(root, 0);
    await expect(walkCodebase(root)).rejects.toMatchObject({ code: 'codebase.unreadable' });
    chmodSync(root, 0o755);
  });

  it('a link to a folder is that folder', async () => {
    const target = makeTree({ 'a.ts': 'a' });
    const holder = makeTree();
    mkdirSync(join(holder, 'x'));
    symlinkSync(target, join(holder, 'link'));
    expect(await pathsOf(join(holder, 'link'))).toEqual(['a.ts']);
  });
});
