import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ARMS, type Arm } from '../../packages/gardener/src/training/evaluation/two-by-two/place-outcome.js';
import { median } from '../switch/figures.js';
import { benefitChart } from './chart.js';
import type { Cell } from './measure-cell.js';

/** Writes docs/benefit.md and its chart. @param docs the folder, with a slash at its end */
export async function writeReport(cells: readonly Cell[], docs: string): Promise<void> {
  await writeFile(join(docs, 'benefit.md'), `${page(cells)}\n`);
  if (haveCurves(cells)) await writeFile(join(docs, 'images', 'benefit.svg'), benefitChart(cells));
}

/** Whether any was measured more than once on its way. */
function haveCurves(cells: readonly Cell[]): boolean {
  return cells.some(({ curve }) => curve.length > 1);
}

function page(cells: readonly Cell[]): string {
  const parts = [
    '# What an adapter is worth',
    '',
    'Written by `npm run bench:benefit` from bench/benefit/results.jsonl: `gardener add --wait` on public codebases',
    'that were named before any figure of them was seen (bench/benefit/codebases.ts). New: first published in 2025 or',
    'later, so the bases cannot have seen them. Everything is measured on held-out files. Completions: the first line',
    'is the one really written, with related code of the project in the prompt, as `gardener complete` asks.',
    'Fresh places: a second sample of held-out places that the gate has not seen, for adapters that were promoted.',
    ...(haveCurves(cells) ? ['', '![Validation loss over minutes of training](images/benefit.svg)'] : []),
  ];
  for (const [title, group] of groups(cells))
    parts.push('', `## ${title}`, '', ...table(group), '', ...inTheMiddle(group));
  return parts.join('\n');
}

/** Cells of one base and budget together. */
function groups(cells: readonly Cell[]): Map<string, Cell[]> {
  const found = new Map<string, Cell[]>();
  for (const cell of cells) {
    const title = `${cell.base}, ${cell.budget}`;
    found.set(title, [...(found.get(title) ?? []), cell]);
  }
  return found;
}

function table(cells: readonly Cell[]): string[] {
  const head = [
    ...['codebase', 'bits per byte', 'change', 'next lines exact', 'gaps exact'],
    ...[
      'completions right',
      'without related code',
      'fresh places right',
      'known answers',
      'general code',
      'promoted',
      'steps',
      'rate',
      'processor',
      'load',
    ],
  ];
  return [row(head), row(head.map(() => '---')), ...cells.map((cell) => row(cellsOf(cell)))];
}

function cellsOf(cell: Cell): string[] {
  const share = (sides: { base: number; adapter: number } | null) =>
    sides ? `${(100 * sides.base).toFixed(1)} -> ${(100 * sides.adapter).toFixed(1)} %` : '';
  const count = (sides: { base: number; adapter: number; n: number } | null) =>
    sides ? `${sides.base} -> ${sides.adapter} of ${sides.n}` : '';
  const { bitsPerByte, generalLoss } = cell;
  return [
    `${cell.name} (${cell.language}${cell.isNew ? ', new' : ''})`,
    bitsPerByte ? `${bitsPerByte.base.toFixed(3)} -> ${bitsPerByte.adapter.toFixed(3)}` : (cell.error ?? ''),
    bitsPerByte ? percent(fall(bitsPerByte)) : '',
    ...[share(cell.nextLineExact), share(cell.gapsExact)],
    ...[count(cell.completions), count(cell.completionsAlone), freshPlaces(cell), count(cell.answers)],
    generalLoss ? percent(fall(generalLoss)) : '',
    ...[
      cell.promoted ? 'yes' : 'no',
      String(cell.steps),
      String(cell.learningRate ?? 1e-3),
      cell.processor,
      cell.load.toFixed(1),
    ],
  ];
}

/** One sentence over the cells of a group. */
function inTheMiddle(cells: readonly Cell[]): string[] {
  const falls = cells.flatMap(({ bitsPerByte }) => (bitsPerByte ? [fall(bitsPerByte)] : []));
  if (falls.length === 0) return [];
  const worst = Math.max(...falls);
  const sum = (of: 'completions' | 'completionsAlone' | 'answers') =>
    cells.reduce(
      (all, cell) => ({
        base: all.base + (cell[of]?.base ?? 0),
        adapter: all.adapter + (cell[of]?.adapter ?? 0),
        n: all.n + (cell[of]?.n ?? 0),
      }),
      { base: 0, adapter: 0, n: 0 },
    );
  const said = (what: string, { base, adapter, n }: ReturnType<typeof sum>) =>
    `${what} ${base} -> ${adapter} of ${n}`;
  return [
    `Of ${cells.length}: ${cells.filter(({ promoted }) => promoted).length} promoted; bits per byte ${percent(median(falls))} in the`,
    `median, ${percent(worst)} in the worst. Together: ${said('completions right', sum('completions'))},`,
    `${said('without related code', sum('completionsAlone'))}, ${said('known answers', sum('answers'))}.`,
    ...onFreshPlaces(cells),
  ];
}

function freshPlaces({ fresh }: Cell): string {
  if (!fresh) return '';
  const { firstLine, n, ahead } = fresh;
  const points = (share: number | null) => (share === null ? '?' : signed(100 * share));
  const interval = `${points(ahead.low)} to ${points(ahead.high)}`;
  return `${firstLine.baseRetrieved} -> ${firstLine.adapterRetrieved} of ${n} (${interval} points)`;
}

/** Whether an adapter that was promoted is worse than its base at places that its gate has not seen. */
function onFreshPlaces(cells: readonly Cell[]): string[] {
  const measured = cells.flatMap(({ name, fresh }) => (fresh ? [{ name, ...fresh }] : []));
  const unmeasured = cells.filter(({ promoted, fresh }) => promoted && !fresh).length;
  const missing =
    unmeasured === 0
      ? ''
      : ` ${unmeasured} promoted ${unmeasured === 1 ? 'one was' : 'ones were'} not measured so.`;
  if (measured.length === 0) return missing === '' ? [] : ['', missing.trim()];
  const worse = measured.filter(({ ahead }) => ahead.high !== null && ahead.high < 0);
  const behind = measured.filter(({ ahead }) => ahead.value < 0);
  const total = (of: 'exact' | 'firstLine', arm: Arm) =>
    measured.reduce((sum, fresh) => sum + fresh[of][arm], 0);
  const n = measured.reduce((sum, fresh) => sum + fresh.n, 0);
  const row = (of: 'exact' | 'firstLine') => ARMS.map((arm) => total(of, arm)).join(', ');
  return [
    '',
    `On fresh places ${worse.length} of ${measured.length} promoted adapters ${worse.length === 1 ? 'is' : 'are'} worse than the base`,
    `beyond the interval${worse.length === 0 ? '' : ` (${worse.map(({ name }) => name).join(', ')})`}, ${behind.length} in the value.${missing}`,
    `Of ${n} places right, base alone, base with related code, adapter alone, adapter with it: first lines ${row('firstLine')}; exactly ${row('exact')}.`,
  ];
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
}

function fall({ base, adapter }: { base: number; adapter: number }): number {
  return adapter / base - 1;
}

function percent(share: number): string {
  return `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
