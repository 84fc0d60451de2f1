import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { gitWouldHang } from './config-files.js';

/** Standard output of one git command, and whether that is all of it. */
export interface GitOutput {
  bytes: Buffer;
  /** `time` and `bytes`: it was ended at a limit. `failed`: git itself gave up, or could not be started. */
  ended: 'whole' | 'time' | 'bytes' | 'failed';
}

/** What a command may take. */
export interface GitLimits {
  /** Ends it after so long. Default 60,000: listing a million files takes seconds, whatever takes longer is stuck. */
  timeoutMs?: number;
  /** Ends it when it has written more. Default 512 MiB. */
  maxBytes?: number;
  signal?: AbortSignal | undefined;
}

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

/** The git program; null where there is none, or where it would wait for ever in `directory`. */
export function usableGit(directory: string): string | null {
  const git = findGit();
  return git === null || gitWouldHang(directory) ? null : git;
}

/**
 * Whether the work tree that git finds in `directory` holds that directory: core.worktree may point anywhere, and what
 * lies there is not ours.
 */
export async function isInWorkTree(git: string, directory: string, signal?: AbortSignal): Promise<boolean> {
  const top = await runGit(git, directory, ['rev-parse', '--show-toplevel'], signal);
  return top !== null && isWithin(top.toString('utf8').replace(/\r?\n$/, ''), directory);
}

/** Standard output of one git command, or null when it fails, writes too much, or takes too long. */
export async function runGit(
  git: string,
  cwd: string,
  command: readonly string[],
  signal?: AbortSignal,
): Promise<Buffer | null> {
  const { bytes, ended } = await gitOutput(git, cwd, command, { signal });
  return ended === 'whole' ? bytes : null;
}

/**
 * What one git command writes, up to its limits. No program that the repository names is started by those commands
 * that do not start one themselves: `git log` has to be told (`--no-ext-diff`, `--no-textconv`).
 * @throws AbortError when the signal aborts
 */
export function gitOutput(
  git: string,
  cwd: string,
  command: readonly string[],
  { timeoutMs = TIMEOUT_MS, maxBytes = MAX_OUTPUT_BYTES, signal }: GitLimits = {},
): Promise<GitOutput> {
  return new Promise((settle, reject) => {
    const child = spawn(git, [...DISARM, ...command], {
      cwd,
      env: gitEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
      ...(signal ? { signal } : {}),
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (part: Buffer) => {
      parts.push(part.subarray(0, Math.max(0, maxBytes - bytes)));
      bytes += part.length;
      if (bytes > maxBytes) child.kill('SIGKILL');
    });
    child.on('error', (error) =>
      signal?.aborted ? reject(error) : settle({ bytes: Buffer.alloc(0), ended: 'failed' }),
    );
    child.on('close', (code, killedBy) => {
      const atLimit = bytes > maxBytes ? 'bytes' : killedBy === 'SIGKILL' ? 'time' : 'failed';
      settle({ bytes: Buffer.concat(parts), ended: code === 0 && bytes <= maxBytes ? 'whole' : atLimit });
    });
  });
}

async function isWithin(topLevel: string, directory: string): Promise<boolean> {
  try {
    const [top, own] = await Promise.all([realpath(resolve(topLevel)), realpath(directory)]);
    return own === top || own.startsWith(top.endsWith('/') || top.endsWith('\\') ? top : join(top, '/'));
  } catch {
    return false;
  }
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
