import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { walkCodebase } from './walk.js';

/** A new folder in the system's temporary folder holding these files (path -> content). */
export function makeTree(files: Record<string, string | Uint8Array> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gardener-codebase-')));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** Runs git as a user would, with an identity and none of this machine's settings. */
export function git(folder: string, ...command: string[]): string {
  return execFileSync('git', command, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example.org',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@example.org',
    },
  });
}

/** Makes the folder a repository with one commit of all it holds (less what it ignores). */
export function commitAll(folder: string): void {
  git(folder, 'init', '-q');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '--allow-empty', '-m', 'first');
}

/** The paths of the files that are read. */
export async function pathsOf(root: string): Promise<string[]> {
  return (await walkCodebase(root)).files.map((file) => file.path);
}

/** Why each file is left out; null for those that are read. */
export async function reasonsOf(root: string): Promise<Record<string, string | null>> {
  const { outcomes } = await walkCodebase(root);
  return Object.fromEntries(outcomes.map(({ path, reason }) => [path, reason]));
}
