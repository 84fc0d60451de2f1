import type { SupervisedExample } from '@codebase-gardener/lora';
import { countTokens } from '../data/count-tokens.js';
import { seededRandom, shuffled } from '../data/random.js';
import type { RunData } from '../data/run-data.js';
import type { SideScores } from './side-scores.js';
import type { ChosenFile } from './statistics/file-sums.js';

/** Of the time for scoring, at most this share goes into gaps; the rest into windows, whose loss decides. */
const GAP_SHARE = 1 / 3;
/** A window and a gap of so many files are scored however short the time: fewer give no interval that decides. */
const MIN_FILES = 16;

/**
 * What of the held-out files is scored: rows from the files in turn, the first of every file before the second of any,
 * as many as fit. Where not even one of every file does, the files are drawn by the run's seed.
 * @param maxTokens that there is time for
 * @param like the other side's scores: then exactly what it scored
 */
export function chooseRows(
  { heldOut, manifest }: Pick<RunData, 'heldOut' | 'manifest'>,
  maxTokens: number,
  like: SideScores | null,
): ChosenFile[] {
  const order = shuffled([...heldOut.keys()], seededRandom(manifest.seed, 'scored files'));
  const gapRows = heldOut.map(({ gaps }) => gaps.map(({ example }) => example));
  const gaps = like?.files.map((file) => file.gaps) ?? affordable(gapRows, order, maxTokens * GAP_SHARE);
  const gapTokens = gapRows.reduce((sum, rows, i) => sum + countTokens(rows.slice(0, gaps[i] ?? 0)), 0);
  const windows = heldOut.map(({ examples }) => examples);
  const examples =
    like?.files.map((file) => file.examples) ?? affordable(windows, order, maxTokens - gapTokens);
  return heldOut.map((file, index) => ({
    file,
    examples: file.examples.slice(0, examples[index] ?? 0),
    gaps: file.gaps.slice(0, gaps[index] ?? 0),
  }));
}

/** How many rows of each file fit, taken from the files in turn, in `order`. */
function affordable(
  files: readonly (readonly SupervisedExample[])[],
  order: readonly number[],
  maxTokens: number,
): number[] {
  const counts = files.map(() => 0);
  let tokens = 0;
  let takenFiles = 0;
  for (let turn = 0; ; turn++) {
    let took = false;
    for (const index of order) {
      const row = files[index]?.[turn];
      const mustFit = turn > 0 || takenFiles >= MIN_FILES;
      // Rows are taken from a file's first on: behind one that did not fit none is.
      if (!row || counts[index] !== turn || (mustFit && tokens + row.tokens.length > maxTokens)) continue;
      if (turn === 0) takenFiles++;
      counts[index] = turn + 1;
      tokens += row.tokens.length;
      took = true;
    }
    if (!took) return counts;
  }
}
