import type { Commit, Hunk } from '../../../codebase/history/parse-log.js';
import { findLanguage } from '../../../codebase/languages/languages.js';
import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import { type Random, shuffled } from '../random.js';
import type { SplitFile } from '../split/split.js';

/** Why an edit of the history is in no row. */
export const LEFT_OUT = [
  /** Its file is held out or for validation. */
  'measured',
  /** Its file is gone, renamed, generated, vendored, or not among those trained on. */
  'notTrained',
  /** It only took lines out. */
  'nothingWritten',
  /** Lines of it were changed since, or are left out of the training: secrets, copies of held-out code. */
  'changedSince',
  /** A word or two, or nothing stands before it. */
  'tooShort',
  /** It has lines of comment alone. */
  'comments',
  /** Its commit has given so many rows as one may give. */
  'ofLargeCommit',
  /** A newer edit wrote nearly the same. */
  'duplicate',
  /** What would be shown or learned has held-out or validation code. */
  'likeHeldOut',
  /** A secret stands in or near it, or in its commit's message. */
  'secret',
  'tooLong',
  /** Its file is binary, or in no encoding that is known. */
  'unreadable',
] as const;

/** See `LEFT_OUT`. */
export type LeftOut = (typeof LEFT_OUT)[number];

/** Lines that a commit wrote and that still stand in a file that is trained on. */
export interface Edit {
  commit: Commit;
  hunk: Hunk;
  file: ChunkedFile;
  text: string;
  /** The hunk's lines before and after it. */
  before: string;
  after: string;
}

/** A shorter text tells nothing. */
const MIN_CHARS = 16;
/** A longer line is data, as for windows. */
const MAX_LINE_CHARS = 600;
/** So that a sweep over the whole codebase does not stand for all that was worked on. */
const MAX_OF_A_COMMIT = 10;

/**
 * What commits wrote, in their order, as far as it may be learned; of a large commit a part, drawn by chance.
 * @param leave told of each edit that is left out
 */
export function standingEdits(
  commits: readonly Commit[],
  { train, measured }: { train: readonly SplitFile[]; measured: readonly SplitFile[] },
  random: Random,
  leave: (reason: LeftOut, count?: number) => void,
): Edit[] {
  const trained = new Map(train.map((side) => [side.file.path, side]));
  const hidden = new Set(measured.map(({ file }) => file.path));
  const linesOf = new Map<SplitFile, ReadonlySet<string>>();
  const edits: Edit[] = [];
  for (const commit of commits) {
    const own: Edit[] = [];
    for (const hunk of commit.hunks) {
      const side = trained.get(hunk.path);
      const reason = hidden.has(hunk.path) ? 'measured' : side ? null : 'notTrained';
      if (reason !== null || side === undefined || hunk.written.length === 0) {
        leave(reason ?? 'nothingWritten', Math.max(1, hunk.written.length));
        continue;
      }
      const standing = linesOf.get(side) ?? usableLines(side);
      linesOf.set(side, standing);
      for (const run of hunk.written) {
        const edit = { commit, hunk, file: side.file, ...cut(hunk.lines, run) };
        const flaw = flawOf(edit, standing);
        if (flaw === null) own.push(edit);
        else leave(flaw);
      }
    }
    const taken = own.length > MAX_OF_A_COMMIT ? shuffled(own, random).slice(0, MAX_OF_A_COMMIT) : own;
    leave('ofLargeCommit', own.length - taken.length);
    edits.push(...taken);
  }
  return edits;
}

/** The lines of a file that are trained on. */
function usableLines({ file, excludedLines }: SplitFile): Set<string> {
  const isExcluded = (line: number) =>
    excludedLines.some(({ startLine, endLine }) => startLine <= line && line <= endLine);
  const lines = file.text.split(/\r\n|\n|\r/).map((line) => line.trimEnd());
  return new Set(lines.filter((_, index) => !isExcluded(index + 1)));
}

/** The text of a run of lines and what stands around it; empty lines at its ends belong to what is around. */
function cut(lines: readonly string[], run: { start: number; end: number }) {
  let { start, end } = run;
  while (start < end && lines[start]?.trim() === '') start++;
  while (end > start && lines[end - 1]?.trim() === '') end--;
  return {
    text: lines.slice(start, end).join('\n').trimEnd(),
    before: start === 0 ? '' : `${lines.slice(0, start).join('\n')}\n`,
    after: end === lines.length ? '' : `\n${lines.slice(end).join('\n')}`,
  };
}

function flawOf({ text, before, file }: Edit, standing: ReadonlySet<string>): LeftOut | null {
  if (text.trim().length < MIN_CHARS || before.trim() === '') return 'tooShort';
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.some((line) => line.length > MAX_LINE_CHARS)) return 'tooLong';
  if (!lines.every((line) => standing.has(line.trimEnd()))) return 'changedSince';
  const mark = findLanguage(file.language)?.lineComment?.[0].trim() ?? '//';
  const isComment = (line: string) => line.trim().startsWith(mark) || /^\s*(?:\/\*|\*(?:\s|\/|$))/.test(line);
  return lines.every(isComment) ? 'comments' : null;
}
