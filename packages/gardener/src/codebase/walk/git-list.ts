import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { gitWouldHang } from './git/config-files.js';

/** What git knows about the files below one directory. */
export interface GitListing {
  /**
   * Raw path bytes relative to that directory: tracked and untracked, not ignored; may repeat, may be gone from disk.
   */
  paths: Buffer[];
  /** HEAD's hash, or null before the first commit. */
  commit: string | null;
}

// Listing a million files takes seconds. Whatever takes longer is stuck: a FIFO as a .gitignore deep in the tree.
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 512 * 2 ** 20;

// A repository's own config may name programs. Each option closes one way in which listing files would start such
// a program: fsmonitor and hooks run directly; fetching an object that a partial clone lacks runs a transport
// (ssh command, ext::, helper).
const DISARM = [
  '--no-pager',
  '--no-optional-locks',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'protocol.allow=never',
  '-c',
  'core.sshCommand=false',
  '-c',
  'credential.helper=',
  '-c',
  'safe.bareRepository=explicit',
  // git refuses another user's checkout because its config could run programs. None is run here, so it may be read.
  '-c',
  'safe.directory=*',
];

/**
 * Files git lists below `directory` and HEAD; null when git is absent, too old, fails, or
 * `directory` is not in a work tree.
 */
export async function listWithGit(directory: string, signal?: AbortSignal): Promise<GitListing | null> {
  const git = usableGit(directory);
  if (git === null) return null;
  const [top, listed, head] = await Promise.all([
    runGit(git, directory, ['rev-parse', '--show-toplevel'], signal),
    runGit(git, directory, ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], signal),
    runGit(git, directory, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal),
  ]);
  if (top === null || listed === null) return null;
  const topLevel = top.toString('utf8').replace(/\r?\n$/, '');
  if (!(await isWithin(topLevel, directory))) return null;
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

// core.worktree may point anywhere: a listing of another tree is not ours.
async function isWithin(topLevel: string, directory: string): Promise<boolean> {
  try {
    const [top, own] = await Promise.all([realpath(resolve(topLevel)), realpath(directory)]);
    return own === top || own.startsWith(top.endsWith('/') || top.endsWith('\\') ? top : join(top, '/'));
  } catch {
    return false;
  }
}

function usableGit(directory: string): string | null {
  const git = findGit();
  return git === null || gitWouldHang(directory) ? null : git;
}

// By absolute path: Windows (and an empty PATH entry) would otherwise take a `git` lying in the current directory.
function findGit(): string | null {
  const names = process.platform === 'win32' ? ['git.exe'] : ['git'];
  for (const folder of (process.env.PATH ?? process.env.Path ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    for (const name of names) {
      const file = join(folder, name);
      if (existsSync(file)) return file;
    }
  }
  return null;
}

// Variables such as GIT_DIR are set inside hooks and would point git at another repository.
function gitEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^GIT_/i.test(name) || /^GIT_(?:EXEC_PATH|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM))$/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** Standard output of one git command, or null when it fails, writes too much, or takes too long. */
function runGit(git: string, cwd: string, command: string[], signal?: AbortSignal): Promise<Buffer | null> {
  return new Promise((settle, reject) => {
    const child = spawn(git, [...DISARM, ...command], {
      cwd,
      env: gitEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      windowsHide: true,
      ...(signal ? { signal } : {}),
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
      else parts.push(part);
    });
    child.on('error', (error) => (signal?.aborted ? reject(error) : settle(null)));
    child.on('close', (code) => settle(code === 0 ? Buffer.concat(parts) : null));
  });
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
