import { basename, isAbsolute } from 'node:path';
import type { ComparedBase, Comparison } from '../../training/evaluation/compare/comparison.js';
import type { Palette } from '../terminal/palette.js';
import { oneLine, truncate } from '../terminal/plain-text.js';
import { formatBytes, formatCount, formatDuration, formatShare, plural } from '../terminal/quantities.js';
import { renderTable } from '../terminal/table.js';

/** With the other columns it fits into 100 columns. */
const MAX_NAME_COLUMNS = 30;

type Figures = Pick<NonNullable<ComparedBase['figures']>, 'bitsPerByte' | 'nextLineExact' | 'gapsExact'>;

/** A comparison of bases as aligned lines of at most 100 columns, the best base first. */
export function renderComparison(comparison: Comparison, palette: Palette): string[] {
  const { quiet } = palette;
  const rows = [
    ['', 'bits per', 'next line', 'gaps', 'answers,', 'trains,', 'memory to', 'one pass'],
    ['base', 'byte', 'exact', 'filled', 'tokens/s', 'tokens/s', 'train', 'takes'],
  ].map((row) => row.map((word) => quiet(word)));
  for (const base of comparison.bases) rows.push(...rowsOf(base, palette));
  const align = ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'] as const;
  return [...renderTable(rows, { align }), '', ...notesOf(comparison).map((note) => quiet(note))];
}

function rowsOf({ id, figures }: ComparedBase, { strong }: Palette): string[][] {
  const name = nameOf(id);
  if (figures === null) return [[strong(name), 'failed']];
  const { answeringTokensPerSecond: answering, trainingTokensPerSecond: training } = figures;
  const row = [
    strong(name),
    ...predictionCells(figures),
    answering === null ? '' : formatCount(answering),
    `${figures.trainingSpeedFrom === 'scoring' ? '~' : ''}${formatCount(training)}`,
    formatBytes(figures.trainingMemoryBytes),
    formatDuration(figures.passMs),
  ];
  if (figures.adapter === null) return [row];
  return [row, [`  with adapter ${figures.adapter.version}`, ...predictionCells(figures.adapter)]];
}

function predictionCells({ bitsPerByte, nextLineExact, gapsExact }: Figures): string[] {
  const share = (value: number | null) => (value === null ? '' : formatShare(value));
  return [bitsPerByte.toFixed(3), share(nextLineExact), share(gapsExact)];
}

function notesOf(comparison: Comparison): string[] {
  const { files, texts, bytes, lines, gaps, bases, heldOutFrom } = comparison;
  const notes: string[] = [];
  if (texts > 0) {
    const from =
      heldOutFrom === 'training'
        ? 'files that the last training held out'
        : 'files that a training would hold out';
    notes.push(
      `On ${formatBytes(bytes)} of ${plural(files, 'file')}, ${plural(lines, 'line')}${gaps > 0 ? `, ${plural(gaps, 'gap')}` : ''}: ${from}. Fewer bits are better.`,
    );
  }
  if (bases.some(({ figures }) => figures?.trainingSpeedFrom === 'scoring')) {
    notes.push('~ estimated from how fast it scores: more time for each base (--budget) measures it.');
  }
  for (const { id, problem } of bases) {
    if (problem !== null) notes.push(`${nameOf(id)}: ${oneLine(problem)}`);
  }
  return notes;
}

/** A file is known by its name. */
function nameOf(id: string): string {
  return truncate(oneLine(isAbsolute(id) ? basename(id) : id), MAX_NAME_COLUMNS);
}
