import type { SearchResult } from './search.js';

/** The results of one file. */
export interface FileResults {
  path: string;
  /** Place of its best result among all, from 1. */
  rank: number;
  /** Best first. */
  results: SearchResult[];
}

/** Results by file, files in the order of their best result. */
export function groupByFile(results: readonly SearchResult[]): FileResults[] {
  const files = new Map<string, FileResults>();
  for (const [place, result] of results.entries()) {
    const { path } = result.chunk;
    const file = files.get(path);
    if (file === undefined) files.set(path, { path, rank: place + 1, results: [result] });
    else file.results.push(result);
  }
  return [...files.values()];
}
