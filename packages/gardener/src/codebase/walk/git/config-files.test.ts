import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitAll, git, makeTree } from '../tree.fixture.js';
import { gitWouldHang } from './config-files.js';

describe.skipIf(process.platform === 'win32')('a configuration that names a FIFO', () => {
  const repository = () => {
    const root = makeTree({ 'a.ts': 'x' });
    commitAll(root);
    execFileSync('mkfifo', [join(root, 'pipe')]);
    return root;
  };

  it.each([
    ['include.path', 'include.path'],
    ['core.excludesFile', 'core.excludesFile'],
    ['core.attributesFile', 'core.attributesFile'],
  ])('%s', (_, key) => {
    const root = repository();
    expect(gitWouldHang(root)).toBe(false);
    git(root, 'config', key, '/nowhere');
    expect(gitWouldHang(root)).toBe(false);
    git(root, 'config', key, '/dev/null');
    expect(gitWouldHang(root)).toBe(false);
    git(root, 'config', key, join(root, 'pipe'));
    expect(gitWouldHang(root)).toBe(true);
  });

  it('also one that another includes, by a relative path in quotes, and in a linked work tree', () => {
    const root = repository();
    writeFileSync(join(root, '.git/more'), '[core]\n\texcludesFile = "../pipe"\n');
    appendFileSync(join(root, '.git/config'), '[includeIf "gitdir:/"]\n\tpath = more\n');
    expect(gitWouldHang(root)).toBe(true);
    const linked = makeTree({ 'a.ts': 'x' });
    writeFileSync(join(linked, '.git'), `gitdir: ${join(root, '.git')}\n`);
    expect(gitWouldHang(linked)).toBe(true);
  });

  it('but not one that includes itself, or a path that is a folder', () => {
    const root = repository();
    mkdirSync(join(root, 'sub'));
    appendFileSync(
      join(root, '.git/config'),
      `[include]\n\tpath = config\n[submodule "x"]\n\tpath = ../sub\n`,
    );
    expect(gitWouldHang(root)).toBe(false);
  });

  it('reads each of many that include one another once', () => {
    const root = repository();
    const all = Array.from({ length: 20 }, (_, index) => `\tpath = ${index}\n`).join('');
    for (let index = 0; index < 20; index++)
      writeFileSync(
        join(root, `.git/${index}`),
        `[include]\n${all}${index === 19 ? '\tpath = ../pipe\n' : ''}`,
      );
    appendFileSync(join(root, '.git/config'), `[include]\n\tpath = 0\n`);
    expect(gitWouldHang(root)).toBe(true);
    writeFileSync(join(root, '.git/19'), '');
    expect(gitWouldHang(root)).toBe(false);
  });
});
