import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadBaseModel } from '@codebase-gardener/lora';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { RECIPE_CODEBASES } from './codebases.js';
import { FACTORS, type Recipe, USUAL } from './factors.js';
import { type Bench, measureRecipe, openBench } from './measure.js';
import { type Row, writeReport } from './report.js';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const { values } = parseArgs({
  options: {
    /** A GGUF file, or `default` for the embedded base. */
    base: { type: 'string', default: 'default' },
    /** Names with commas; all six else. */
    codebases: { type: 'string' },
    /** Names of factors with commas; all else. */
    factors: { type: 'string' },
    /** Rows of `length` tokens that every training learns from. */
    rows: { type: 'string', default: '240' },
    length: { type: 'string', default: '256' },
    threads: { type: 'string', default: '0' },
    /** Tokens of held-out windows, and of gaps, that are scored: enough for a figure, seconds to score. */
    scored: { type: 'string', default: '8000' },
    results: { type: 'string', default: here('results.jsonl') },
    /** Only writes the document again. */
    report: { type: 'boolean', default: false },
  },
});

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
    const names = values.codebases?.split(',');
    for (const codebase of RECIPE_CODEBASES.filter(({ name }) => names?.includes(name) ?? true)) {
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
        opened ??= await openBench(fetchCodebase(codebase), base, options);
        const row: Row = { ...key, ...(await measureRecipe(opened, recipe, rows)) };
        done.push(row);
        await appendFile(values.results, `${JSON.stringify(row)}\n`);
        process.stdout.write(`${JSON.stringify({ ...row, files: row.files.length })}\n`);
      }
    }
  }
  await writeReport(done, here('../../docs/recipe.md'));
}

/** Every training of a codebase: factor, value, recipe, rows. */
function wanted(): [factor: string, value: string, recipe: Recipe, rows: number][] {
  const rows = Number(values.rows);
  const names = values.factors?.split(',');
  return [
    [BASE_ALONE, '', USUAL, 0],
    [AS_USUAL, '', USUAL, rows],
    ...FACTORS.filter(({ name }) => names?.includes(name) ?? true).flatMap(({ name, values: tried }) =>
      [...tried].map(([value, change]): [string, string, Recipe, number] => [
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
  if (!existsSync(values.results)) return [];
  const lines = (await readFile(values.results, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Row);
}

await main();
