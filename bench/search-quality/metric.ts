import type { Question, Target } from './questions.js';

/** Results a reader looks at. */
export const DEPTH = 10;
/** Characters of one token, about; the same for all that is compared. */
const TOKEN_CHARACTERS = 4;

/** A result as it is judged. */
export interface Found {
  /** Relative to the repository's root. */
  path: string;
  startLine: number;
  endLine: number;
  text: string;
}

/** How well one question was answered. */
export interface Judged {
  ndcg: number;
  /** Share of the targets among the first ten. */
  recall: number;
  /** Rank of the first target, from 1; 0 when none is among the first ten. */
  first: number;
  /** Different files among the first ten. */
  files: number;
  /** Tokens read, in order, until the first line that answers; all of the ten when none does. */
  tokens: number;
}

/** Judges the first ten results. The rank of a target is the first result of its file that touches its lines. */
export function judge({ targets }: Question, results: readonly Found[]): Judged {
  const found = results.slice(0, DEPTH);
  const ranks = targets
    .map((target) => found.findIndex((result) => touches(result, target)) + 1)
    .filter((rank) => rank > 0);
  const gain = (rank: number) => 1 / Math.log2(rank + 1);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const ideal = sum(Array.from({ length: Math.min(DEPTH, targets.length) }, (_, place) => gain(place + 1)));
  return {
    ndcg: sum(ranks.map(gain)) / ideal,
    recall: ranks.length / targets.length,
    first: ranks.length === 0 ? 0 : Math.min(...ranks),
    files: new Set(found.map(({ path }) => path)).size,
    tokens: Math.round(charactersRead(targets, found) / TOKEN_CHARACTERS),
  };
}

function touches({ path, startLine, endLine }: Found, target: Target): boolean {
  if (path !== target.path) return false;
  return target.lines === null || (startLine <= target.lines.end && endLine >= target.lines.start);
}

function charactersRead(targets: readonly Target[], found: readonly Found[]): number {
  let read = 0;
  for (const result of found) {
    const answers = targets.filter((target) => touches(result, target));
    if (answers.length > 0) {
      const line = Math.min(...answers.map(({ lines }) => Math.max(lines?.start ?? 0, result.startLine)));
      const until = result.text.split('\n').slice(0, line - result.startLine + 1);
      return read + until.join('\n').length;
    }
    read += result.text.length;
  }
  return read;
}
