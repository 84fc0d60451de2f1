import type { SearchResult } from '../../api/types.js';

/** The results of one file. */
export interface FileResults {
  path: string;
  /** Place of its first result among all that are shown, from 0. */
  first: number;
  /** Best first. */
  results: SearchResult[];
}

/** Results by file, files in the order of their best result; what is shown below each other, in that order. */
export function groupByFile(results: readonly SearchResult[]): FileResults[] {
  const files = new Map<string, FileResults>();
  for (const result of results) {
    const file = files.get(result.path);
    if (file === undefined) files.set(result.path, { path: result.path, first: 0, results: [result] });
    else file.results.push(result);
  }
  let first = 0;
  return [...files.values()].map((file) => {
    const placed = { ...file, first };
    first += file.results.length;
    return placed;
  });
}
