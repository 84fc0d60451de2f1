import type { SplitFile } from '../split/split.js';
import { drawGaps, type GapBase, type GapExample, type GapOptions } from './gap-examples.js';
import { SCOPE_KINDS, type ScopeKind } from './scopes.js';

/**
 * Share of the code tokens of a training that gap rows take, by what the base can do. One that fills gaps in learns
 * from both sides of a gap what no window teaches; the models themselves were made with 0.5 to 0.9 of such rows
 * (https://arxiv.org/abs/2207.14255). For one that can only continue such a row teaches no more than a window does, but
 * for where a filling ends, and only its last tokens are learned: a large share would halve what fits into a budget.
 */
export const GAP_SHARE = { filling: 0.5, continuing: 0.1 };

/** Gaps of held-out files that are scored: enough for a figure, seconds to score. */
export const MAX_HELD_OUT_GAPS = 60;

/** How many rows there are of each kind, and their tokens. */
export type GapCounts = Partial<Record<ScopeKind, { examples: number; tokens: number }>>;

/** Share of the code tokens that gap rows take where the run does not say. */
export function defaultGapShare({ gapTokens }: GapBase): number {
  return gapTokens === null ? GAP_SHARE.continuing : GAP_SHARE.filling;
}

/**
 * Gap rows of files, of each as many tokens as its windows have, times `ratio`; what a file cannot give, the next ones
 * do.
 */
export function gapRows(
  files: readonly { side: SplitFile; windowTokens: number }[],
  ratio: number,
  base: GapBase,
  options: GapOptions,
): GapExample[] {
  const rows: GapExample[] = [];
  let wanted = 0;
  let tokens = 0;
  for (const { side, windowTokens } of files) {
    wanted += windowTokens * ratio;
    if (tokens >= wanted) continue;
    for (const row of drawGaps(side, base, options)) {
      rows.push(row);
      tokens += row.example.tokens.length;
      if (tokens >= wanted) break;
    }
  }
  return rows;
}

/** Gaps to be scored, from the files in turn, so that every file has its share. */
export function gapsInTurn(
  sides: readonly SplitFile[],
  count: number,
  base: GapBase,
  options: GapOptions,
): GapExample[][] {
  const taken: GapExample[][] = sides.map(() => []);
  let open = sides.map((side, index) => ({ index, rows: drawGaps(side, base, options) }));
  let left = count;
  while (open.length > 0 && left > 0) {
    open = open.filter(({ index, rows }) => {
      if (left <= 0) return false;
      const next = rows.next();
      if (next.done) return false;
      taken[index]?.push(next.value);
      left--;
      return true;
    });
  }
  return taken;
}

/** Rows and tokens of each kind, for the manifest. */
export function countGaps(rows: readonly GapExample[]): GapCounts {
  const counts: GapCounts = {};
  for (const kind of SCOPE_KINDS) {
    const own = rows.filter((row) => row.kind === kind);
    const tokens = own.reduce((sum, { example }) => sum + example.tokens.length, 0);
    if (own.length > 0) counts[kind] = { examples: own.length, tokens };
  }
  return counts;
}
