import { isInWorkTree, runGit, usableGit } from './git/run-git.js';

/** What git knows about the files below one directory. */
export interface GitListing {
  /**
   * Raw path bytes relative to that directory: tracked and untracked, not ignored; may repeat, may be gone from disk.
   */
  paths: Buffer[];
  /** HEAD's hash, or null before the first commit. */
  commit: string | null;
}

/**
 * Files git lists below `directory` and HEAD; null when git is absent, too old, fails, or
 * `directory` is not in a work tree.
 */
export async function listWithGit(directory: string, signal?: AbortSignal): Promise<GitListing | null> {
  const git = usableGit(directory);
  if (git === null) return null;
  const [isOurs, listed, head] = await Promise.all([
    isInWorkTree(git, directory, signal),
    runGit(git, directory, ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], signal),
    runGit(git, directory, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal),
  ]);
  if (!isOurs || listed === null) return null;
  const commit = head?.toString('latin1').trim() ?? '';
  return { paths: splitAtNul(listed), commit: /^[0-9a-f]{40,64}$/.test(commit) ? commit : null };
}

/** Raw path bytes of all files below `directory` that git ignores; none where git cannot tell. */
export async function listIgnoredByGit(directory: string, signal?: AbortSignal): Promise<Buffer[]> {
  const git = usableGit(directory);
  if (git === null) return [];
  const command = ['ls-files', '--others', '--ignored', '--exclude-standard', '-z'];
  return splitAtNul((await runGit(git, directory, command, signal)) ?? Buffer.alloc(0));
}

/** HEAD's hash of the repository that `directory` lies in, or null. */
export async function headCommit(directory: string): Promise<string | null> {
  const git = usableGit(directory);
  if (git === null) return null;
  const head = await runGit(git, directory, ['rev-parse', '--verify', '--quiet', 'HEAD']);
  const commit = head?.toString('latin1').trim() ?? '';
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
}

function splitAtNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return parts;
}
