import type { SupervisedExample } from '@codebase-gardener/lora';
import type { Hunk, ParsedLog } from '../../../codebase/history/parse-log.js';
import { commentLine, pathLine } from '../../../codebase/languages/path-line.js';
import { maskSecrets } from '../../../codebase/secrets/find-secrets.js';
import { countTokens } from '../count-tokens.js';
import type { DataManifest } from '../data-manifest.js';
import type { GapOptions } from '../gaps/gap-examples.js';
import { type GapBase, gapRow } from '../gaps/gap-row.js';
import { seededRandom } from '../random.js';
import { measuredCode } from '../split/measured-code.js';
import { clusterNearDuplicates } from '../split/near-duplicates.js';
import type { SplitFile } from '../split/split.js';
import { type Edit, type LeftOut, standingEdits } from './commit-edits.js';

/** Rows of a codebase's history, and what came of the rest of it. */
export interface CommitRows {
  rows: SupervisedExample[];
  /** Commits that were looked at. */
  commits: number;
  /** Edits that are in no row, by reason; the older ones, when there are enough rows, are not counted. */
  leftOut: Partial<Record<LeftOut, number>>;
}

/** Edits of more similar text than this are one. */
const NEAR_DUPLICATE_SIMILARITY = 0.7;
/** Of a commit's message so many characters are shown. */
const MESSAGE_CHARS = 160;

/**
 * Gap rows of what was worked on, newest first: given are the file's path, the commit's message as a comment, and the
 * code around the edit as the commit left it; learned are the lines that it wrote, and that they end there. Only lines
 * that stand in a training file as it is now are learned, so that no row teaches what was changed or taken out since.
 * @param history newest commits first
 * @param wantedTokens of rows; there may be fewer
 */
export function commitRows(
  history: ParsedLog,
  sides: { train: readonly SplitFile[]; measured: readonly SplitFile[] },
  wantedTokens: number,
  base: GapBase,
  options: GapOptions & { allowedSecrets?: string | undefined },
): CommitRows {
  const leftOut: CommitRows['leftOut'] = {};
  const leave = (reason: LeftOut, count = 1): void => {
    if (count > 0) leftOut[reason] = (leftOut[reason] ?? 0) + count;
  };
  const rows: SupervisedExample[] = [];
  const { commits, unreadable } = history;
  if (wantedTokens <= 0 || commits.length === 0) return { rows, commits: 0, leftOut };
  leave('unreadable', unreadable);
  const edits = standingEdits(commits, sides, seededRandom(options.seed, 'commits'), leave);
  const roots = clusterNearDuplicates(
    edits.map(({ text }) => text),
    NEAR_DUPLICATE_SIMILARITY,
  );
  const measured = measuredCode(sides.measured);
  const hasSecret = secretFinder(options.allowedSecrets);
  let left = wantedTokens;
  for (const [index, edit] of edits.entries()) {
    if (left <= 0) break;
    const row = roots[index] === index ? rowOf(edit, base, options) : null;
    if (row === null) leave(roots[index] === index ? 'tooLong' : 'duplicate');
    else if (hasSecret(edit)) leave('secret');
    else if (measured.hasAllOf(edit.text) || measured.hasRunOf(row.shown)) leave('likeHeldOut');
    else {
      rows.push(row.example);
      left -= row.example.tokens.length;
    }
  }
  return { rows, commits: commits.length, leftOut };
}

/** Rows, tokens and what was left out, for the manifest. */
export function countCommitRows({ rows, commits, leftOut }: CommitRows): DataManifest['train']['commitRows'] {
  return { examples: rows.length, tokens: countTokens(rows), commits, leftOut };
}

/** The row of an edit with the text that it shows and teaches; null where it does not fit. */
function rowOf(
  { commit, file: { path, language }, text, before, after }: Edit,
  base: GapBase,
  { repository, sequenceLength }: GapOptions,
): { example: SupervisedExample; shown: string } | null {
  const message = shortened(commit.message);
  const opening = message === '' ? '' : commentLine(message, language);
  const place = { repository, path, files: [], comments: pathLine(path, language) };
  const row = gapRow({ text, before, after, place, opening }, base, sequenceLength);
  return row && { example: row.example, shown: `${row.gap.before}${text}${row.gap.after}` };
}

/** A message in one line, without what could not stand in a comment. */
function shortened(message: string): string {
  const plain = message.replace(/[\p{C}\s]+/gu, ' ').trim();
  return [...plain].slice(0, MESSAGE_CHARS).join('');
}

/** Whether the code around an edit or its commit's message has what the product takes for a secret. */
function secretFinder(allowedSecrets: string | undefined): (edit: Edit) => boolean {
  const isSecret = (path: string, text: string) => maskSecrets(path, text, allowedSecrets).secrets.length > 0;
  const known = new Map<Hunk, boolean>();
  return ({ commit, hunk }) => {
    const found =
      known.get(hunk) ?? (isSecret(hunk.path, hunk.lines.join('\n')) || isSecret(hunk.path, commit.message));
    known.set(hunk, found);
    return found;
  };
}
