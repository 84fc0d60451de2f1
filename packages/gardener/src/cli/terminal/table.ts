import { visibleWidth } from './plain-text.js';

export interface TableOptions {
  /** Alignment of each column. Defaults to left. */
  align?: readonly ('left' | 'right')[];
  /** Spaces before each row. Defaults to 0. */
  indent?: number;
  /** Spaces between columns. Defaults to 2. */
  gap?: number;
}

/** Rows as aligned lines, without rules or frames. Cells may carry escape sequences; the last column is not padded. */
export function renderTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleWidth(cell));
    });
  }
  const margin = ' '.repeat(options.indent ?? 0);
  const gap = ' '.repeat(options.gap ?? 2);
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat((widths[column] ?? 0) - visibleWidth(cell));
      return options.align?.[column] === 'right' ? padding + cell : cell + padding;
    });
    return (margin + cells.join(gap)).trimEnd();
  });
}
