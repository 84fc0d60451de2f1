import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { type ChangeHint, FolderWatches } from './folder-watches.js';
import { commitAll, git, makeTree } from './tree.fixture.js';

let watches: FolderWatches;
afterEach(() => watches.close());

function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error('it has not happened');
    },
    { timeout: 20_000, interval: 20 },
  );
}

function project(): string {
  const root = makeTree({
    'src/a.ts': 'a',
    'src/deep/b.ts': 'b',
    '.gitignore': 'out/\n',
    'out/x/y/z.js': 'x',
    'node_modules/x/y/z.js': 'x',
    'data/index/manifest.json': '{}',
  });
  commitAll(root);
  return root;
}

it.each([false, true])(
  'tells of edits and new files, not of what a walk passes over (recursive: %s)',
  async (isRecursive) => {
    const root = project();
    const hints: ChangeHint[] = [];
    watches = new FolderWatches(root, (hint) => hints.push(hint), {
      isRecursive,
      except: join(root, 'data'),
    });
    await watches.sync();
    // The root, src, src/deep, .git and .git/logs; or the root alone and the two of git.
    expect(watches.size).toBe(isRecursive ? 3 : 5);
    expect(watches.isPartial).toBe(false);
    writeFileSync(join(root, 'node_modules/x/new.js'), 'x');
    writeFileSync(join(root, 'data/index/manifest.json'), '{"a": 1}');
    if (!isRecursive) writeFileSync(join(root, 'out/x/new.js'), 'x');
    writeFileSync(join(root, '.git/COMMIT_EDITMSG'), 'x');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(hints).toEqual([]);
    appendFileSync(join(root, 'src/deep/b.ts'), 'c');
    await until(() => hints.length > 0);
    hints.length = 0;
    writeFileSync(join(root, 'src/new.ts'), 'n');
    await until(() => hints.some(({ isRename }) => isRename));
  },
);

it('follows new folders, lets go of those that are gone, and sees a commit', async () => {
  const root = project();
  let hints = 0;
  watches = new FolderWatches(root, () => hints++, { isRecursive: false, except: join(root, 'data') });
  await watches.sync([join(root, 'out/x')]);
  expect(watches.size).toBe(6);
  expect(watches.lacks([join(root, 'out/x'), join(root, 'src')])).toBe(false);
  mkdirSync(join(root, 'more/and/more'), { recursive: true });
  await watches.sync();
  expect(watches.size).toBe(8);
  expect(watches.lacks([join(root, 'out/x')])).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 50));
  hints = 0;
  git(root, 'commit', '-q', '--allow-empty', '-m', 'second');
  await until(() => hints > 0);
});

it('watches the git folder of a worktree, where .git is a file', async () => {
  const root = project();
  const tree = `${root}-tree`;
  git(root, 'worktree', 'add', '-q', '-b', 'other', tree);
  let hints = 0;
  watches = new FolderWatches(tree, () => hints++, { isRecursive: false });
  await watches.sync();
  git(tree, 'commit', '-q', '--allow-empty', '-m', 'second');
  await until(() => hints > 0);
});
