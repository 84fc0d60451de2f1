import type { ChunkKind } from '../../codebase/chunk/chunk.js';
import { sqlIn } from '../store/sql.js';
import { pathCondition } from './glob.js';

/** Which part of a codebase is searched; what is empty or undefined leaves nothing out. */
export interface SearchFilters {
  /** Language ids; only these. */
  languages?: readonly string[] | undefined;
  /** Kinds of symbol; only chunks of these. */
  kinds?: readonly ChunkKind[] | undefined;
  /** Only paths that match, such as `src/**` + `/*.ts`. */
  pathGlob?: string | undefined;
  /** Paths that must not appear: held-out files while they are scored. */
  excludePaths?: readonly string[];
}

/** The filters as a condition of the table; null without any. @throws GardenerError `retrieval.bad-glob` */
export function filterCondition(filters: SearchFilters): string | null {
  const { languages, kinds, pathGlob, excludePaths } = filters;
  const conditions: string[] = [];
  if (languages && languages.length > 0) conditions.push(sqlIn('language', languages));
  if (kinds && kinds.length > 0) conditions.push(sqlIn('kind', kinds));
  if (pathGlob) conditions.push(pathCondition(pathGlob));
  if (excludePaths && excludePaths.length > 0) conditions.push(`NOT (${sqlIn('path', excludePaths)})`);
  return conditions.length === 0 ? null : conditions.map((condition) => `(${condition})`).join(' AND ');
}
