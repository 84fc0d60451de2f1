import type { Scorecard } from '../../training/evaluation/scorecard.js';
import type { TwoByTwo } from '../../training/evaluation/two-by-two/two-by-two.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine } from '../terminal/plain-text.js';
import { formatChange, formatCount, formatShare } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';

type Measured = { value: number; low: number; high: number; n: number } | null;

/** A scorecard as aligned lines: base against adapter, each figure with its interval and number, then the verdict. */
export function renderScorecard(scorecard: Scorecard, palette: Palette): string[] {
  const { quiet, strong, good, warn } = palette;
  const { base, adapter } = scorecard;
  const rows = [['', quiet('base'), quiet('adapter'), quiet('change'), quiet('scored on')]];
  for (const [setting, suffix] of [
    ['noRetrieval', ''],
    ['retrieval', ', with retrieval'],
  ] as const) {
    const [b, a] = [base[setting], adapter[setting]];
    addRow(rows, `held-out loss${suffix}`, b.heldOutLoss, a.heldOutLoss, loss, 'tokens', palette);
    addRow(rows, `bits per byte${suffix}`, b.bitsPerByte, a.bitsPerByte, loss, 'bytes', palette);
    addRow(rows, `next line exact${suffix}`, b.exactMatch, a.exactMatch, share, 'lines', palette);
    addRow(rows, `edit similarity${suffix}`, b.editSimilarity, a.editSimilarity, share, 'lines', palette);
    addRow(rows, `gaps filled exactly${suffix}`, b.fimExactMatch, a.fimExactMatch, share, 'gaps', palette);
    addRow(
      rows,
      `likeness of filled gaps${suffix}`,
      b.fimEditSimilarity,
      a.fimEditSimilarity,
      share,
      'gaps',
      palette,
    );
  }
  const { generalLoss, stopping, parity } = scorecard;
  if (generalLoss !== null) {
    const change = formatChange(generalLoss.base, generalLoss.adapter);
    rows.push([
      'loss on general code',
      generalLoss.base.toFixed(3),
      generalLoss.adapter.toFixed(3),
      change,
      quiet('a fixed set'),
    ]);
  }
  if (stopping) {
    const counts = [stopping.base, stopping.adapter].map(
      (part) => `${Math.round(part * stopping.n)} of ${stopping.n}`,
    );
    rows.push(['answers that end by themselves', counts[0] ?? '', counts[1] ?? '', '', quiet('questions')]);
  }
  const { completion = null } = scorecard.uses ?? {};
  for (const [label, verdict, unit] of [
    ['completions, first line right', completion?.retrieved ?? completion, 'places, with retrieval'],
    ['completions without retrieval', completion?.alone, 'places'],
    ['known answers right', scorecard.uses?.answers, 'questions'],
  ] as const) {
    if (!verdict) continue;
    const { base, adapter, n } = verdict;
    const change = points(
      { value: base / n, low: 0, high: 0, n },
      { value: adapter / n, low: 0, high: 0, n },
    );
    rows.push([label, `${base} of ${n}`, `${adapter} of ${n}`, change, quiet(unit)]);
  }
  if (scorecard.twoByTwo !== null) rows.push(...fourWays(scorecard.twoByTwo, palette));
  for (const [counts, unit] of [
    [scorecard.memorised, 'passages trained on'],
    [scorecard.strings, 'random strings'],
  ] as const) {
    if (!counts) continue;
    const { base, adapter, n } = counts;
    rows.push(['learned by heart', `${base} of ${n}`, `${adapter} of ${n}`, '', quiet(unit)]);
  }
  if (parity !== null) {
    const [ours, theirs] = [formatShare(parity.baseAgreement), formatShare(parity.adapterAgreement)];
    rows.push([
      'llama.cpp agrees with the trainer',
      ours,
      theirs,
      '',
      quiet(`${formatCount(parity.n)} tokens`),
    ]);
  }
  const verdict = scorecard.promoted ? good('promoted') : warn('not promoted');
  return [
    ...renderTable(rows),
    '',
    `${strong(verdict)}  ${oneLine(scorecard.reason)}`,
    ...[scorecard.strengthChoice, scorecard.retrievalChoice].flatMap((choice) =>
      choice === null ? [] : [quiet(oneLine(choice.reason))],
    ),
  ];
}

/** Completions of both with related code and without, and how far the adapter with it is ahead of the base alone. */
function fourWays({ arms, differences, places }: TwoByTwo, palette: Palette): string[][] {
  const rows: string[][] = [];
  for (const [suffix, base, adapter] of [
    ['', arms.baseRetrieved, arms.adapterRetrieved],
    [', without retrieval', arms.baseAlone, arms.adapterAlone],
  ] as const) {
    const unit = 'places';
    addRow(rows, `fresh places exact${suffix}`, base.exact, adapter.exact, share, unit, palette);
    addRow(
      rows,
      `fresh places, first line${suffix}`,
      base.firstLine,
      adapter.firstLine,
      share,
      unit,
      palette,
    );
    addRow(rows, `valid syntax${suffix}`, base.valid, adapter.valid, share, unit, palette);
  }
  const { both } = differences;
  if (both.exact !== null && Number.isFinite(both.exact.low)) {
    const [value, low, high] = [both.exact.value, both.exact.low, both.exact.high].map(signed);
    const of = palette.quiet(`(${low} to ${high})`);
    rows.push([
      'adapter with retrieval',
      'base alone',
      `${value} points ${of}`,
      '',
      palette.quiet(`${places} places`),
    ]);
  }
  return rows;
}

function signed(share: number): string {
  return `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)}`;
}

function addRow(
  rows: string[][],
  label: string,
  base: Measured,
  adapter: Measured,
  format: (value: number) => string,
  unit: string,
  palette: Palette,
): void {
  if (base === null && adapter === null) return;
  const change =
    base !== null && adapter !== null && format === loss
      ? formatChange(base.value, adapter.value)
      : points(base, adapter);
  rows.push([
    label,
    cell(base, format, palette),
    cell(adapter, format, palette),
    change,
    palette.quiet(scoredOn(adapter ?? base, unit)),
  ]);
}

function cell(measured: Measured, format: (value: number) => string, palette: Palette): string {
  if (measured === null) return palette.quiet('not measured');
  if (!Number.isFinite(measured.low) || !Number.isFinite(measured.high)) return format(measured.value);
  return `${format(measured.value)} ${palette.quiet(`(${format(measured.low)} to ${format(measured.high)})`)}`;
}

function scoredOn(measured: Measured, unit: string): string {
  return measured === null ? '' : `${formatCount(measured.n)} ${unit}`;
}

function points(base: Measured, adapter: Measured): string {
  if (base === null || adapter === null) return '';
  return `${signed(adapter.value - base.value)} points`;
}

function loss(value: number): string {
  return value.toFixed(3);
}

function share(value: number): string {
  return formatShare(value);
}
