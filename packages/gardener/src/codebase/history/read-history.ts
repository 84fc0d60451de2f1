import { gitOutput, isInWorkTree, usableGit } from '../walk/git/run-git.js';
import { LOG_FORMAT, type ParsedLog, parseLog } from './parse-log.js';

/** The edits of a codebase's last months. */
export interface History extends ParsedLog {
  /** `time` and `bytes`: older commits were not read. `failed`: git gave up at one, as a partial clone makes it. */
  ended: 'whole' | 'time' | 'bytes' | 'failed';
}

/** How far back a history is read: whichever comes first. */
export interface HistoryLimits {
  /** Commits that changed a file here. Default 1,000. */
  maxCommits?: number;
  /** Of older ones than this before the newest commit nothing is told. Default a year, ms. */
  maxAgeMs?: number;
  /** What git may write. Default 64 MiB: a thousand commits of a large codebase. */
  maxBytes?: number;
  /** How long git may take. Default 60,000. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const DEFAULTS = { maxCommits: 1_000, maxAgeMs: 365 * 86_400_000, maxBytes: 64 * 2 ** 20 };
/** Enough to see whole what a secret spans, and more than fits into a training row. */
const CONTEXT_LINES = 20;

// Beside what every git command here is told: programs that a log starts by itself (external diff, text conversion,
// checks of signatures), and what a person's own settings would change in its text.
const LOG = [
  '-c',
  'core.quotePath=false',
  '-c',
  'diff.suppressBlankEmpty=false',
  'log',
  '--no-ext-diff',
  '--no-textconv',
  '--no-show-signature',
  '--no-mailmap',
  '--no-notes',
  '--no-decorate',
  '--no-follow',
  '--no-color',
  '--patch',
  '--relative',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '-O/dev/null',
  '--ignore-submodules=all',
  '--submodule=short',
  '--diff-algorithm=myers',
  '--encoding=UTF-8',
  `--format=${LOG_FORMAT}`,
  `--unified=${CONTEXT_LINES}`,
  '--inter-hunk-context=0',
  // Another indent or line end is nothing to learn from.
  '--ignore-all-space',
  // A merge writes nothing of its own, a new file is no edit, and a deleted one is gone.
  '--no-merges',
  '--no-renames',
  '--diff-filter=M',
];

/**
 * Reads the edits of the last months below a folder, newest first: of files that were there before and after, in
 * commits that are no merges. At a limit it ends with what it has.
 * @param root the codebase's folder
 * @returns null where there is no git, no repository, or no commit
 * @throws AbortError when the signal aborts
 */
export async function readHistory(root: string, limits: HistoryLimits = {}): Promise<History | null> {
  const { maxCommits, maxAgeMs, maxBytes, timeoutMs, signal } = { ...DEFAULTS, ...limits };
  const git = usableGit(root);
  if (git === null || !(await isInWorkTree(git, root, signal))) return null;
  const command = [...LOG, `--max-count=${maxCommits}`, 'HEAD', '--', '.'];
  const { bytes, ended } = await gitOutput(git, root, command, {
    ...{ maxBytes, signal },
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  if (ended === 'failed' && bytes.length === 0) return null;
  const { commits, unreadable } = parseLog(bytes);
  // From the newest commit and not from today, so that the same commit gives the same rows; a clock that is ahead of
  // this one counts as this one, else a single wrong date would hide all others.
  const newest = Math.min(Date.now(), Math.max(0, ...commits.map(({ dateMs }) => dateMs)));
  const recent = commits.filter(({ dateMs }) => dateMs >= newest - maxAgeMs);
  return { commits: recent, unreadable, ended };
}

/** What there is to know of a history that was asked for and is not all there, in one sentence; null where it is. */
export function historyNote(history: History | null): string | null {
  if (history === null) return 'There is no git history here: no row is made of commits.';
  const count = history.commits.length;
  const some =
    count === 0
      ? 'no row is made of commits'
      : `${count} ${count === 1 ? 'commit is' : 'commits are'} learned from`;
  switch (history.ended) {
    case 'whole':
      return count === 0 ? `The git history has no edit of the last months: ${some}.` : null;
    case 'time':
      return `Reading the git history took too long: ${some}.`;
    case 'bytes':
      return `The git history is large: ${some}.`;
    case 'failed':
      return `git could not read further than it did: ${some}.`;
  }
}
