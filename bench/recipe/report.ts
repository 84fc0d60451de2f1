import { writeFile } from 'node:fs/promises';
import { relativeImprovement } from '../../packages/gardener/src/training/evaluation/statistics/statistics.js';
import { RECIPE_CODEBASES } from './codebases.js';
import { FACTORS } from './factors.js';
import type { FileLoss, Outcome } from './measure.js';

/** One training, a line of the results. */
export interface Row extends Outcome {
  codebase: string;
  base: string;
  factor: string;
  value: string;
  /** Rows that were trained on, and their tokens. */
  rows: number;
  length: number;
  /** Tokens of windows, and of gaps, that were scored at most. */
  scored: number;
}

const SEED = 1;

/** Writes docs/recipe.md. */
export async function writeReport(rows: readonly Row[], file: string): Promise<void> {
  await writeFile(file, `${page(rows)}\n`);
}

function page(rows: readonly Row[]): string {
  const parts = [
    '# The recipe of a training',
    '',
    'Written by `npm run bench:recipe` from bench/recipe/results.jsonl: one factor is changed at a time, by short',
    `trainings on ${RECIPE_CODEBASES.length} codebases that are for tuning alone (bench/recipe/codebases.ts, named before any figure was`,
    'seen; bench/benefit reports on others). Every training learns from as many rows, ends with the rate that it should',
    'end with, and is scored on the same held-out files. Changes are of the summed loss against the usual recipe, paired',
    'by file over all codebases, with their 95 % interval: below zero is better. Held-out code: windows of files. Gaps:',
    'what is filled in at places of them. General code: against the base alone.',
    'What was measured with recipes of before: rates, ranks, modules, shares of gaps and blocks while rows were drawn',
    'by chance ([2026-11-30](../bench/history/2026-11-30-recipe-drawn.md)); the order of rows, tests, recipes of others,',
    'averaging, longer rows, schedules and rows with related code while a step had two rows, the default base a rate of',
    '0.002 ([2026-12-01](../bench/history/2026-12-01-recipe-two-rows.md)).',
    '',
    '`npm run bench:recipe -- --codebases starlette --factors learningRate,rank --rows 240` measures a part; a call goes',
    'on where the last one ended. `commitRowShare` needs a git history, which a package comes without: it is left out,',
    'and `npm run bench:recipe -- --checkout FOLDER --factors commitRowShare` measures it on a checkout and prints it.',
    '',
  ];
  return `${parts.join('\n')}\n${rows.length === 0 ? 'Nothing is measured yet.' : tables(rows)}`;
}

/** A section for trainings that can be compared, each with its table. */
export function tables(rows: readonly Row[]): string {
  return [...groups(rows)].map(([title, group]) => section(title, group).join('\n')).join('\n\n');
}

/** Trainings of one base and length together. */
function groups(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const title = `${row.base}, ${row.rows} rows of ${row.length} tokens, ${row.scored} tokens scored`;
    found.set(title, [...(found.get(title) ?? []), row]);
  }
  return found;
}

function section(title: string, rows: readonly Row[]): string[] {
  const usual = rows.filter(({ factor }) => factor === 'as usual');
  const alone = rows.filter(({ factor }) => factor === 'base alone');
  const codebases = usual.map(({ codebase }) => codebase);
  const known = RECIPE_CODEBASES.filter(({ name }) => codebases.includes(name)).length;
  const learned = compared(alone, usual);
  return [
    `## ${title}`,
    '',
    `Measured on ${codebases.join(', ')}.`,
    ...(known === RECIPE_CODEBASES.length
      ? []
      : [
          `That is ${known || 'none'} of ${RECIPE_CODEBASES.length}: large differences are to be believed, small ones are not.`,
        ]),
    `The usual recipe against the base alone: held-out code ${learned.windows}, gaps ${learned.gaps}.`,
    '',
    ...table(rows, usual, alone),
  ];
}

function table(rows: readonly Row[], usual: readonly Row[], alone: readonly Row[]): string[] {
  const head = ['factor', 'value', 'held-out code', 'gaps', 'general code', 'tokens/s', 'codebases'];
  const lines = FACTORS.flatMap(({ name, usual: usualValue, values }) => {
    const measured = [...values.keys()].flatMap((value) => {
      const own = rows.filter((row) => row.factor === name && row.value === value);
      if (own.length === 0) return [];
      const { windows, gaps } = compared(usual, own);
      return [[name, value, windows, gaps, general(alone, own), speed(own), String(own.length)]];
    });
    const asUsual = [
      name,
      `${usualValue} (usual)`,
      '',
      '',
      general(alone, usual),
      speed(usual),
      String(usual.length),
    ];
    return measured.length === 0 ? [] : [asUsual, ...measured];
  });
  const what = FACTORS.filter(({ name }) => lines.some(([first]) => first === name)).map(
    ({ name, what }) => `- ${name}: ${what}`,
  );
  return [row(head), row(head.map(() => '---')), ...lines.map(row), '', ...what];
}

/** How the summed losses of the second differ from the first's, over the files of the codebases that both have. */
function compared(before: readonly Row[], after: readonly Row[]): { windows: string; gaps: string } {
  const pairs = after.flatMap(({ codebase, files }) => {
    const other = before.find((row) => row.codebase === codebase)?.files ?? [];
    return files.flatMap((file) => {
      const same = other.find(({ path }) => path === file.path);
      return same ? [[same, file] as const] : [];
    });
  });
  const change = (loss: (file: FileLoss) => number, tokens: (file: FileLoss) => number): string => {
    const losses = pairs.map(([a, b]) => ({ base: loss(a), adapter: loss(b), tokens: tokens(a) }));
    const fall = relativeImprovement(losses, SEED);
    return fall === null ? '' : `${percent(-fall.value)} (${percent(-fall.high)} to ${percent(-fall.low)})`;
  };
  return {
    windows: change(
      ({ nll }) => nll,
      ({ tokens }) => tokens,
    ),
    gaps: change(
      ({ gapNll }) => gapNll,
      ({ gapTokens }) => gapTokens,
    ),
  };
}

function general(alone: readonly Row[], own: readonly Row[]): string {
  const rises = own.flatMap(({ codebase, generalLoss }) => {
    const before = alone.find((row) => row.codebase === codebase);
    return before ? [generalLoss / before.generalLoss - 1] : [];
  });
  return rises.length === 0 ? '' : percent(rises.reduce((sum, rise) => sum + rise, 0) / rises.length);
}

function speed(rows: readonly Row[]): string {
  const known = rows.flatMap(({ tokensPerSecond }) => (tokensPerSecond === null ? [] : [tokensPerSecond]));
  return known.length === 0 ? '' : (known.reduce((sum, value) => sum + value, 0) / known.length).toFixed(0);
}

function percent(share: number): string {
  return `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
