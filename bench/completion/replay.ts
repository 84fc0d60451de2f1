import { execFileSync } from 'node:child_process';

/** A moment while a line of a real edit was typed. */
export interface Moment {
  commit: string;
  path: string;
  /** The file as it was then: lines of the same edit that come later are not there yet. */
  before: string;
  after: string;
  /** What was typed next: the rest of the line. */
  rest: string;
  /** Numbered within a line, from 0: the keys between two moments were typed without asking. */
  turn: number;
}

/** Of a line it is asked at its beginning, and after these shares of it. */
const SHARES = [0, 0.35, 0.7] as const;
/** A line with less left says nothing about a suggestion. */
const FEWEST_CHARACTERS = 4;
const SOURCE = /\.(?:ts|tsx|js|py|go|rs|java|kt|swift)$/;
const TEST = /(?:^|\/)(?:tests?|__tests__|vendor|dist)\/|\.(?:test|spec)\.|_test\./;

/** The commit to index, and the edits after it. */
export interface Replay {
  base: string;
  moments: Moment[];
}

/**
 * Lines that were added to files that there were before, commit by commit, in the order in which they stand in the
 * file.
 * @param repository a git directory. @param commits how many of the newest. @param lines how many at most, spread
 * evenly
 */
export function replayOf(repository: string, commits: number, lines: number): Replay {
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', repository, ...words], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const ids = git('rev-list', '--no-merges', `--max-count=${commits}`, 'HEAD').trim().split('\n').reverse();
  const base = git('rev-parse', `${ids[0]}^`).trim();
  const all = ids.flatMap((commit) => linesOf(git, commit));
  const step = Math.max(1, all.length / lines);
  const chosen = Array.from({ length: Math.min(lines, all.length) }, (_, n) => all[Math.floor(n * step)]);
  return { base, moments: chosen.flatMap((line) => (line === undefined ? [] : momentsOf(line))) };
}

interface AddedLine {
  commit: string;
  path: string;
  before: string;
  line: string;
  after: string;
}

function linesOf(git: (...words: string[]) => string, commit: string): AddedLine[] {
  const names = git('diff', '--name-only', '--diff-filter=M', `${commit}^`, commit).trim().split('\n');
  return names
    .filter((name) => SOURCE.test(name) && !TEST.test(name))
    .flatMap((path) => {
      const text = git('show', `${commit}:${path}`).split('\n');
      const hunks = git('diff', '-U0', `${commit}^`, commit, '--', path).matchAll(
        /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/gm,
      );
      return [...hunks].flatMap(([, start = '1', count = '1']) => {
        const from = Number(start) - 1;
        const to = from + Number(count);
        return Array.from({ length: Number(count) }, (_, n) => ({
          ...{ commit, path, line: text[from + n] ?? '' },
          before: text
            .slice(0, from + n)
            .map((line) => `${line}\n`)
            .join(''),
          after: `\n${text.slice(to).join('\n')}`,
        }));
      });
    })
    .filter(({ line }) => line.trim().length >= FEWEST_CHARACTERS && !/^\s*(?:\/\/|#|\*|\/\*)/.test(line));
}

function momentsOf({ commit, path, before, line, after }: AddedLine): Moment[] {
  const indentation = line.length - line.trimStart().length;
  return SHARES.flatMap((share, turn) => {
    const at = indentation + Math.floor((line.length - indentation) * share);
    const rest = line.slice(at).trimEnd();
    return rest.trim().length < FEWEST_CHARACTERS
      ? []
      : [{ commit, path, before: before + line.slice(0, at), after, rest, turn }];
  });
}
