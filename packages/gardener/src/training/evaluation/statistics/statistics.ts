import { present } from '../../../garden/errors/present.js';
import { seededRandom } from '../../data/random.js';

/** A measured figure with its 95 % interval. */
export interface Measure {
  value: number;
  low: number;
  high: number;
  /** How many things were scored: tokens for a loss, lines for a match. */
  n: number;
}

/** Resamples of a bootstrap. */
export const BOOTSTRAP_RESAMPLES = 2000;

/**
 * The percentile bootstrap interval (Efron 1979) of a statistic over files: whole files are drawn with
 * replacement, because the tokens of one file are alike and not independent. Passing one item per file with both
 * sides' sums makes it paired.
 * @param statistic the figure computed on a resample (items may repeat)
 * @param confidence share of resamples inside the interval; defaults to 0.95
 * @returns value on all items, low and high; with a single item both ends are infinite, as one file proves nothing
 */
export function bootstrapInterval<T>(
  items: readonly T[],
  statistic: (sample: readonly T[]) => number,
  options: { seed?: number; resamples?: number; confidence?: number } = {},
): { value: number; low: number; high: number } {
  if (items.length === 0)
    return { value: Number.NaN, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const value = statistic(items);
  if (items.length === 1) return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const random = seededRandom(options.seed ?? 0, 'bootstrap');
  const resamples = options.resamples ?? BOOTSTRAP_RESAMPLES;
  const values = new Float64Array(resamples);
  const sample = [...items];
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < items.length; i++) sample[i] = present(items[Math.floor(random() * items.length)]);
    values[resample] = statistic(sample);
  }
  values.sort();
  const tail = (1 - (options.confidence ?? 0.95)) / 2;
  return { value, low: quantile(values, tail), high: quantile(values, 1 - tail) };
}

/** A quantile of sorted values, linear between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = present(sorted[below]);
  const high = present(sorted[Math.min(below + 1, sorted.length - 1)]);
  return low + (high - low) * (position - below);
}

/** A sum and its count for one file: nll and tokens, or matches and lines. */
export interface FileSum {
  sum: number;
  count: number;
}

/** The count-weighted mean over files, and its bootstrap interval. Null when nothing was counted. */
export function meanByFile(files: readonly FileSum[], seed: number): Measure | null {
  const counted = files.filter((file) => file.count > 0);
  const n = counted.reduce((total, file) => total + file.count, 0);
  if (n === 0) return null;
  return { ...bootstrapInterval(counted, weightedMean, { seed }), n };
}

/** One file's total loss under base and adapter, over the same tokens. */
export interface PairedLoss {
  /** Summed negative log-likelihood, nats. */
  base: number;
  adapter: number;
  tokens: number;
}

/** The relative fall of the loss from base to adapter (0.1 = 10 % lower), paired by file, with its interval. */
export function relativeImprovement(files: readonly PairedLoss[], seed: number): Measure | null {
  const counted = files.filter((file) => file.tokens > 0);
  const n = counted.reduce((total, file) => total + file.tokens, 0);
  if (n === 0) return null;
  const statistic = (sample: readonly PairedLoss[]): number => {
    let base = 0;
    let adapter = 0;
    for (const file of sample) {
      base += file.base;
      adapter += file.adapter;
    }
    return base === 0 ? 0 : (base - adapter) / base;
  };
  return { ...bootstrapInterval(counted, statistic, { seed }), n };
}

/** What one file gives of a share on two sides: successes of each, out of the same `count`. */
export interface PairedShare {
  base: number;
  adapter: number;
  count: number;
}

/** By how much the adapter's share is above the base's (-0.1 = ten points less), paired by file, with its interval. */
export function pairedDifference(files: readonly PairedShare[], seed: number): Measure | null {
  return meanByFile(
    files.map(({ base, adapter, count }) => ({ sum: adapter - base, count })),
    seed,
  );
}

function weightedMean(files: readonly FileSum[]): number {
  let sum = 0;
  let count = 0;
  for (const file of files) {
    sum += file.sum;
    count += file.count;
  }
  return sum / count;
}
