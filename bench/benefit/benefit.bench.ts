import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultBaseModelFile, embeddingModelDirectory } from '../inputs/default-models.js';
import { fetchCodebase } from '../inputs/fetch-codebase.js';
import { BENEFIT_CODEBASES, type BenefitCodebase } from './codebases.js';
import { type Cell, measureCell } from './measure-cell.js';
import { writeReport } from './report.js';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const { values } = parseArgs({
  options: {
    /** GGUF files or catalogue ids, `default` for the embedded one. */
    base: { type: 'string', multiple: true, default: ['default'] },
    budget: { type: 'string', multiple: true, default: ['10m'] },
    codebases: { type: 'string' },
    checkouts: { type: 'string' },
    full: { type: 'boolean', default: false },
    /** Of each adapter that is promoted, so many places that its gate has not seen; 0 for none. */
    places: { type: 'string', default: '60' },
    results: { type: 'string', default: here('results.jsonl') },
    /** Only writes the table and the chart again. */
    report: { type: 'boolean', default: false },
  },
});

/**
 * What an adapter is worth: `gardener add --wait` on codebases nobody tuned on, for each base and budget. One JSON
 * object a cell, appended to the results, which a next call goes on with; then docs/benefit.md and its chart.
 */
async function main(): Promise<void> {
  const cells = await measuredBefore();
  if (!values.report) {
    await defaultBaseModelFile();
    await embeddingModelDirectory();
    for (const codebase of chosenCodebases())
      for (const base of values.base)
        for (const budget of values.budget) await measureOnce(cells, codebase, base, budget);
  }
  await writeReport(cells, here('../../docs/'));
}

async function measureOnce(
  cells: Cell[],
  codebase: BenefitCodebase,
  base: string,
  budget: string,
): Promise<void> {
  const wanted = base === 'default' ? 'smollm2-135m-instruct' : base.split('/').at(-1);
  const isDone = cells.some(
    (cell) =>
      cell.name === codebase.name &&
      cell.base === wanted &&
      cell.budget === budget &&
      cell.full === values.full,
  );
  if (isDone) return;
  const root = folderOf(codebase);
  if (root === null) return print({ name: codebase.name, skipped: 'not in the folder of --checkouts' });
  const cell = await measureCell(codebase, root, {
    base: base === 'default' ? null : base,
    budget,
    full: values.full,
    places: Number(values.places),
  });
  cells.push(cell);
  await appendFile(values.results, `${JSON.stringify(cell)}\n`);
  print(cell);
}

function chosenCodebases(): readonly BenefitCodebase[] {
  const names = values.codebases?.split(',');
  return BENEFIT_CODEBASES.filter(({ name }) => names?.includes(name) ?? true);
}

function folderOf({ registry, ...codebase }: BenefitCodebase): string | null {
  if (registry !== 'checkout') return fetchCodebase({ ...codebase, registry });
  const folder = values.checkouts && join(values.checkouts, codebase.name);
  return folder && existsSync(folder) ? folder : null;
}

async function measuredBefore(): Promise<Cell[]> {
  if (!existsSync(values.results)) return [];
  const lines = (await readFile(values.results, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Cell);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
