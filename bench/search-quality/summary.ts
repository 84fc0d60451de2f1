import { groupBy, measuredOver, rounded } from '../questions/measure.js';
import type { Judged } from './metric.js';

/** A question's judgement with what it is summed up by. */
export interface Row extends Judged {
  repository: string;
  kind: string;
  question: string;
}

/** Figures of a set of questions, repositories counting alike. */
export interface Figures {
  questions: number;
  ndcgAt10: number;
  /** Of the mean: 95 % bootstrap over the questions of each repository. */
  interval: [low: number, high: number];
  recallAt10: number;
  /** Share of questions with a target in the first 1, 3 and 10 results. */
  first1: number;
  first3: number;
  first10: number;
  filesAmongTen: number;
  tokensUntilFirst: number;
}

/** Sums up: means within each repository first, then over the repositories. */
export function figures(rows: readonly Row[]): Figures {
  const groups = [...groupBy(rows, ({ repository }) => repository).values()];
  const over = (value: (row: Row) => number) => rounded(mean(groups.map((group) => mean(group.map(value)))));
  const { low, high } = measuredOver(groups.map((group) => group.map(({ ndcg }) => ndcg)));
  const within = (depth: number) => over(({ first }) => (first > 0 && first <= depth ? 1 : 0));
  return {
    questions: rows.length,
    ndcgAt10: over(({ ndcg }) => ndcg),
    interval: [rounded(low), rounded(high)],
    recallAt10: over(({ recall }) => recall),
    first1: within(1),
    first3: within(3),
    first10: within(10),
    filesAmongTen: over(({ files }) => files),
    tokensUntilFirst: Math.round(over(({ tokens }) => tokens)),
  };
}

/** Figures by what `key` says of each question. */
export function figuresBy(rows: readonly Row[], key: (row: Row) => string): Record<string, Figures> {
  return Object.fromEntries([...groupBy(rows, key)].sort().map(([name, group]) => [name, figures(group)]));
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
