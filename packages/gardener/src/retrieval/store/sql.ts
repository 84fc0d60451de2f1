/** A SQL string literal for a filter. LanceDB's SQL (DataFusion) knows one escape: a quote is doubled. */
export function sqlString(value: string): string {
  // A NUL ends the text for some layers below; no path or language holds one.
  return `'${value.replaceAll('\0', '').replaceAll("'", "''")}'`;
}

/**
 * `column IN (...)`, or a condition that nothing meets when there are no values.
 * @param column in backquotes when it has capitals: LanceDB reads double quotes as a string, silently
 */
export function sqlIn(column: string, values: readonly string[]): string {
  return values.length === 0 ? '1 = 0' : `${column} IN (${values.map(sqlString).join(', ')})`;
}

/** Whether a column of lists holds any of `values`; nothing meets it when there are none. */
export function sqlHasAny(column: string, values: readonly string[]): string {
  return values.length === 0 ? '1 = 0' : `array_has_any(${column}, [${values.map(sqlString).join(', ')}])`;
}
