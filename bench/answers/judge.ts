import type { SearchResult } from '../../packages/gardener/src/retrieval/search/search.js';
import { groupBy, measuredOver, rounded } from '../questions/measure.js';
import type { MadePrompt } from './prompt-maker.js';
import type { FactQuestion } from './questions.js';

/** What became of one question. */
export interface Judged {
  codebase: string;
  kind: string;
  wording: string;
  text: string;
  answers: string[];
  /** A line that answers stands in the prompt. */
  inPrompt: boolean;
  /** A file that answers is among the sources: its place, from 1; 0 when it is not. */
  source: number;
  /** Place of the first chunk with an answer in the product's search; 0 when it is not among the results. */
  rank: number;
  /** Of the whole prompt. */
  tokens: number;
  characters: number;
}

/** A block of code as the prompt shows it: where it is, and its text in a fence. */
const BLOCK = /^([^\n]+?):(\d+)-(\d+)(?:, in [^\n]*)?\n(`{3,})[^\n`]*\n([\s\S]*?)\n\4$/gm;

/**
 * Judges the prompt of a question.
 * @param lineAt the text of a line of the codebase
 */
export function judge(
  codebase: string,
  { text, kind, wording, answers }: FactQuestion,
  { messages, sources, tokens }: MadePrompt,
  found: readonly SearchResult[],
  lineAt: (path: string, line: number) => string,
): Judged {
  const content = messages.at(-1)?.content ?? '';
  const blocks = [...content.matchAll(BLOCK)].map(([, path, start, end, , code]) => ({
    ...{ path, start: Number(start), end: Number(end) },
    lines: new Set((code ?? '').split('\n').map((line) => line.trim())),
  }));
  const stands = ({ path, line }: FactQuestion['answers'][number]) =>
    blocks.some(
      (block) =>
        block.path === path &&
        block.start <= line &&
        block.end >= line &&
        block.lines.has(lineAt(path, line).trim()),
    );
  const holds = ({ chunk }: SearchResult) =>
    answers.some(({ path, line }) => chunk.path === path && chunk.startLine <= line && chunk.endLine >= line);
  const paths = new Set(answers.map(({ path }) => path));
  return {
    ...{ codebase, kind, wording, text, tokens },
    answers: answers.map(({ path, line }) => `${path}:${line}`),
    inPrompt: answers.some(stands),
    source: sources.findIndex(({ path }) => paths.has(path)) + 1,
    rank: found.findIndex(holds) + 1,
    characters: messages.reduce((sum, message) => sum + message.content.length, 0),
  };
}

/** Figures of a set of questions, codebases counting alike. */
export interface Figures {
  questions: number;
  /** Share of the questions of which a line that answers stands in the prompt, with its 95 % bootstrap interval. */
  inPrompt: number;
  interval: [low: number, high: number];
  /** Share of which a file that answers is among the sources, and is the first of them. */
  fileAmongSources: number;
  fileFirst: number;
  /** Share of which a chunk that answers is the first, among the first 4, 10 and all 50 of the search. */
  rank1: number;
  rank4: number;
  rank10: number;
  rank50: number;
  sources: number;
  promptTokens: number;
  promptCharacters: number;
}

/** Sums up: within each codebase first, then over them. */
export function figures(rows: readonly (Judged & { sources: number })[]): Figures {
  const groups = [...groupBy(rows, ({ codebase }) => codebase).values()];
  const over = (value: (row: Judged & { sources: number }) => number) =>
    mean(groups.map((group) => mean(group.map(value))));
  const share = (holds: (row: Judged) => boolean) => rounded(over((row) => (holds(row) ? 1 : 0)));
  const { value, low, high } = measuredOver(
    groups.map((group) => group.map(({ inPrompt }) => (inPrompt ? 1 : 0))),
  );
  const within = (depth: number) => share(({ rank }) => rank > 0 && rank <= depth);
  return {
    questions: rows.length,
    inPrompt: rounded(value),
    interval: [rounded(low), rounded(high)],
    fileAmongSources: share(({ source }) => source > 0),
    fileFirst: share(({ source }) => source === 1),
    rank1: within(1),
    rank4: within(4),
    rank10: within(10),
    rank50: within(50),
    sources: rounded(over(({ sources }) => sources)),
    promptTokens: Math.round(over(({ tokens }) => tokens)),
    promptCharacters: Math.round(over(({ characters }) => characters)),
  };
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
