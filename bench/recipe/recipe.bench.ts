import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadBaseModel } from '@codebase-gardener/lora';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { RECIPE_CODEBASES } from './codebases.js';
import { FACTORS, type Recipe, USUAL } from './factors.js';
import { type Bench, canMeasure, measureRecipe, openBench } from './measure.js';
import { type Row, tables, writeReport } from './report.js';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const { values } = parseArgs({
  options: {
    /** A GGUF file, or `default` for the embedded base. */
    base: { type: 'string', default: 'default' },
    /** Names with commas; all six else. */
    codebases: { type: 'string' },
    /** A git checkout to measure instead, and to print of: packages have no history, which rows of commits need. */
    checkout: { type: 'string' },
    /** Names of factors with commas, all their values or one (`rank=8`); all factors else. */
    factors: { type: 'string' },
    /** Rows of `length` tokens that every training learns from. */
    rows: { type: 'string', default: '240' },
    length: { type: 'string', default: '256' },
    threads: { type: 'string', default: '0' },
    /** Tokens of held-out windows, and of gaps, that are scored: enough for a figure, seconds to score. */
    scored: { type: 'string', default: '8000' },
    /** Beside the document; of a checkout none, unless it is named. */
    results: { type: 'string' },
    /** Only writes the document again. */
    report: { type: 'boolean', default: false },
  },
});

const resultsFile = values.results ?? (values.checkout === undefined ? here('results.jsonl') : null);

/** The base alone and the usual recipe come first: every other one is compared with them. */
const BASE_ALONE = 'base alone';
const AS_USUAL = 'as usual';

/**
 * The recipe of a training, one factor at a time, by short trainings on six codebases that are for tuning alone. One
 * JSON object a training, appended to the results, with which a next call goes on; then docs/recipe.md.
 */
async function main(): Promise<void> {
  const done = await measuredBefore();
  if (!values.report) {
    const baseFile = values.base === 'default' ? await defaultBaseModelFile() : values.base;
    await using base = await loadBaseModel(baseFile);
    for (const codebase of wantedCodebases()) {
      const options = {
        ...{ sequenceLength: Number(values.length), threads: Number(values.threads) },
        scoredTokens: Number(values.scored),
      };
      let opened: Bench | null = null;
      for (const [factor, value, recipe, rows] of wanted()) {
        const key = {
          ...{ codebase: codebase.name, base: basename(baseFile), factor, value },
          ...{ rows: Number(values.rows), length: options.sequenceLength, scored: options.scoredTokens },
        };
        if (done.some((row) => keyOf(row) === keyOf(key))) continue;
        opened ??= await openBench(codebase.fetch(), base, options);
        if (!canMeasure(opened, recipe)) {
          process.stdout.write(`${JSON.stringify({ ...key, skipped: 'no git history' })}\n`);
          continue;
        }
        const row: Row = { ...key, ...(await measureRecipe(opened, recipe, rows)) };
        done.push(row);
        if (resultsFile !== null) await appendFile(resultsFile, `${JSON.stringify(row)}\n`);
        process.stdout.write(`${JSON.stringify({ ...row, files: row.files.length })}\n`);
      }
    }
  }
  // The document is of the results beside it.
  if (values.checkout === undefined && values.results === undefined)
    await writeReport(done, here('../../docs/recipe.md'));
  else process.stdout.write(`${tables(done)}\n`);
}

/** Codebases by name, and how each comes to be in a folder. */
function wantedCodebases(): { name: string; fetch: () => string }[] {
  const { checkout } = values;
  if (checkout !== undefined) return [{ name: basename(resolve(checkout)), fetch: () => checkout }];
  const names = values.codebases?.split(',');
  const wanted = RECIPE_CODEBASES.filter(({ name }) => names?.includes(name) ?? true);
  return wanted.map((codebase) => ({ name: codebase.name, fetch: () => fetchCodebase(codebase) }));
}

/** Every training of a codebase: factor, value, recipe, rows. */
function wanted(): [factor: string, value: string, recipe: Recipe, rows: number][] {
  const rows = Number(values.rows);
  const names = values.factors?.split(',');
  return [
    [BASE_ALONE, '', USUAL, 0],
    [AS_USUAL, '', USUAL, rows],
    ...FACTORS.flatMap(({ name, values: tried }) =>
      [...tried]
        .filter(
          ([value]) => names === undefined || names.includes(name) || names.includes(`${name}=${value}`),
        )
        .map(([value, change]): [string, string, Recipe, number] => [
          name,
          value,
          { ...USUAL, ...change },
          rows,
        ]),
    ),
  ];
}

function keyOf({ codebase, base, factor, value, rows, length, scored }: Omit<Row, keyof Outcomes>): string {
  return JSON.stringify([codebase, base, factor, value, rows, length, scored]);
}

type Outcomes = Awaited<ReturnType<typeof measureRecipe>>;

async function measuredBefore(): Promise<Row[]> {
  if (resultsFile === null || !existsSync(resultsFile)) return [];
  const lines = (await readFile(resultsFile, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Row);
}

await main();
