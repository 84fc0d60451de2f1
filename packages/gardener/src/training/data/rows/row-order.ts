import { Coverage, type OrderedRow } from './coverage.js';
import { MaxHeap } from './max-heap.js';

/** `drawn`: by chance. `coverage`: what the codebase says most, first. */
export type RowOrder = 'drawn' | 'coverage';

/**
 * The order in which rows are learned: any beginning of it is what is learned where there is not time for all. By
 * coverage, each next row is the one that adds most (see `Coverage`), less where rows of its file came before it, and
 * kinds of rows stay mixed in their shares of the tokens all along.
 * @param rows in an order of chance, which decides where two add as much
 * @param weightOf what a row of a file counts for, above 0; all as much by default
 */
export function orderRows<Row extends OrderedRow>(
  rows: readonly Row[],
  order: RowOrder,
  weightOf: (file: string) => number = () => 1,
): readonly Row[] {
  if (order === 'drawn') return rows;
  const coverage = new Coverage(rows);
  const ofFile = new Map<string, number>();
  const fileOf = ({ kind, file }: Row) => `${kind} ${file}`;
  const worth = (row: Row): number =>
    (coverage.added(row) * weightOf(row.file)) /
    row.example.tokens.length /
    (1 + (ofFile.get(fileOf(row)) ?? 0));
  const kinds = new Map<string, { heap: MaxHeap<Row>; all: number; taken: number }>();
  for (const row of rows) {
    const own = kinds.get(row.kind) ?? { heap: new MaxHeap(), all: 0, taken: 0 };
    kinds.set(row.kind, own);
    own.heap.push(row, worth(row));
    own.all += row.example.tokens.length;
  }
  const ordered: Row[] = [];
  while (ordered.length < rows.length) {
    const open = [...kinds.values()].filter(({ heap }) => heap.size > 0);
    const next = open.reduce((a, b) => (b.taken / b.all < a.taken / a.all ? b : a));
    const row = takeBest(next.heap, worth);
    ordered.push(row);
    next.taken += row.example.tokens.length;
    coverage.take(row);
    ofFile.set(fileOf(row), (ofFile.get(fileOf(row)) ?? 0) + 1);
  }
  return ordered;
}

/** What a row is worth only falls: the one on top that still is when it is counted again is the best (lazy greedy). */
function takeBest<Row>(heap: MaxHeap<Row>, worth: (row: Row) => number): Row {
  for (;;) {
    const row = heap.pop();
    const now = worth(row);
    if (heap.size === 0 || now >= heap.best) return row;
    heap.push(row, now);
  }
}
