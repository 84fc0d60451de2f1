import type { SearchResult } from '../../packages/gardener/src/retrieval/search/search.js';
import type { Query } from './docstring-queries.js';
import { randomNumbers } from './docstring-queries.js';

/** Results a reader looks at. */
export const DEPTH = 10;
const RESAMPLES = 1_000;

/** A mean with its 95 % bootstrap interval. */
export interface Measured {
  value: number;
  low: number;
  high: number;
}

/** How well one way of searching answers the queries of one codebase. */
export interface Scores {
  mrr: number;
  recallAt1: number;
  recallAt5: number;
  recallAt10: number;
  mrrInterval: [low: number, high: number];
}

/** Rank of the first right result, from 1; 0 when none of the first ten is right. */
export function rankOf(query: Query, results: readonly SearchResult[]): number {
  return results.slice(0, DEPTH).findIndex(({ chunk }) => answers(query, chunk)) + 1;
}

function answers({ path, lines }: Query, chunk: SearchResult['chunk']): boolean {
  if (chunk.path !== path) return false;
  return lines === null || (chunk.startLine <= lines.end && chunk.endLine >= lines.start);
}

/** Scores of ranks as `rankOf` gives them. */
export function scoresOf(ranks: readonly number[]): Scores {
  const within = (depth: number) => mean(ranks.map((rank) => (rank > 0 && rank <= depth ? 1 : 0)));
  const { value, low, high } = measured(ranks.map(reciprocal));
  return {
    mrr: rounded(value),
    recallAt1: rounded(within(1)),
    recallAt5: rounded(within(5)),
    recallAt10: rounded(within(DEPTH)),
    mrrInterval: [rounded(low), rounded(high)],
  };
}

/** Mean of `values` with its bootstrap interval, from resamples of the queries. */
export function measured(values: readonly number[]): Measured {
  return measuredOver([values]);
}

/** The mean of the groups' means with its bootstrap interval, from resamples within each group: groups count alike. */
export function measuredOver(groups: readonly (readonly number[])[]): Measured {
  const random = randomNumbers(11);
  const resampled = (values: readonly number[]) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)]!;
    return sum / values.length;
  };
  const means = Array.from({ length: RESAMPLES }, () => mean(groups.map(resampled))).sort((a, b) => a - b);
  return {
    value: mean(groups.map(mean)),
    low: means[Math.floor(RESAMPLES * 0.025)]!,
    high: means[Math.floor(RESAMPLES * 0.975)]!,
  };
}

/** Items by what `key` says of each, in the order in which keys first come. */
export function groupBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

export const reciprocal = (rank: number) => (rank === 0 ? 0 : 1 / rank);
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
export const rounded = (value: number) => Math.round(value * 1000) / 1000;
