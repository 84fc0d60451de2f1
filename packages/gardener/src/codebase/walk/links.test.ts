import { readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSource } from './read-source.js';
import { commitAll, makeTree, pathsOf, reasonsOf } from './tree.fixture.js';
import { walkCodebase } from './walk.js';

const isWindows = process.platform === 'win32';

describe('symbolic links to files', () => {
  it('a folder of links to files inside it is read, each file once, and no secret under another name', async () => {
    const root = makeTree({
      '.gitignore': '.store/\n',
      '.store/a.ts': 'export const a = 1;\n',
      '.store/.env': 'KEY=1',
      'plain.ts': 'export const p = 1;\n',
    });
    symlinkSync('.store/a.ts', join(root, 'a.ts'));
    symlinkSync('.store/a.ts', join(root, 'b.ts'));
    symlinkSync('.store/.env', join(root, 'c.ts'));
    symlinkSync('plain.ts', join(root, 'd.ts'));
    const { files, outcomes } = await walkCodebase(root);
    expect(files.map(({ path }) => path)).toEqual(['a.ts', 'plain.ts']);
    expect((await readSource(files[0]!.absolutePath, 1_000)).ok).toBe(true);
    expect(Object.fromEntries(outcomes.map(({ path, reason }) => [path, reason]))).toMatchObject({
      'b.ts': 'symlink',
      'c.ts': 'secret',
      'd.ts': 'symlink',
    });
  });

  it.skipIf(isWindows)(
    'lets no link bring in what .gardenerignore or the version control leaves out',
    async () => {
      const root = makeTree({
        '.gardenerignore': 'private/\n*.py\n',
        'private/.gardenerignore': '!*\n',
        'a.ts': 'a',
        'private/p.ts': 'x',
        'sub/s.py': 'x',
        'plain/.git/hook.ts': 'x',
      });
      symlinkSync('private/p.ts', join(root, 'one.ts'));
      symlinkSync('sub/s.py', join(root, 'two.ts'));
      symlinkSync('.git/config', join(root, 'three.ts'));
      symlinkSync('plain/.git/hook.ts', join(root, 'four.ts'));
      const inGit = makeTree({
        '.gardenerignore': 'private/\n*.py\n',
        'a.ts': 'a',
        'private/p.ts': 'x',
        'sub/s.py': 'x',
      });
      for (const name of ['one', 'two', 'three'])
        symlinkSync(readlinkSync(join(root, `${name}.ts`)), join(inGit, `${name}.ts`));
      commitAll(inGit);
      expect(await pathsOf(root)).toEqual(['a.ts']);
      expect(await pathsOf(inGit)).toEqual(['a.ts']);
      expect(await reasonsOf(inGit)).toMatchObject({
        'one.ts': 'symlink',
        'two.ts': 'symlink',
        'three.ts': 'symlink',
      });
    },
  );
});
