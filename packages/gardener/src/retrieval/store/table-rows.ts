import type * as LanceDb from '@lancedb/lancedb';

/** A row as a query returns it; {@link rowIdOf} names it. */
export type StoredRow = Record<string, unknown>;

/** Scores by row id, best first. */
export type ScoredRows = Map<string, number>;

/** The column of LanceDB's own that names a row. */
export const ROW_ID = '_rowid';

/** Names a row of the table until an update replaces it. */
export const rowIdOf = (row: StoredRow) => String(row[ROW_ID]);

/** Rows as objects of our own: read by columns, since Arrow's own rows look for every value by its column's name. */
export async function plainRows(
  query: LanceDb.Query | LanceDb.TakeQuery,
  columns: readonly string[],
): Promise<StoredRow[]> {
  const table = await query
    .withRowId()
    .select(columns.filter((column) => column !== ROW_ID))
    .toArrow();
  const rows: StoredRow[] = Array.from({ length: table.numRows }, () => ({}));
  for (const column of columns) {
    const values = table.getChild(column);
    if (values === null) continue;
    for (const [place, row] of rows.entries()) row[column] = values.get(place);
  }
  return rows;
}

/**
 * Reads only which rows a ranking found, with their scores. The contents of rows are read once, for those that all
 * rankings together have chosen.
 */
export async function scoredRows(
  query: LanceDb.Query | LanceDb.VectorQuery,
  column: string,
  score: (value: number) => number,
): Promise<ScoredRows> {
  const table = await query.withRowId().select([column]).toArrow();
  const [ids, values] = [table.getChild(ROW_ID), table.getChild(column)];
  const scores: ScoredRows = new Map();
  for (let row = 0; row < table.numRows; row++)
    scores.set(String(ids?.get(row)), score(Number(values?.get(row))));
  return scores;
}
