import type { SearchQuery } from '../../api/types.js';

/** Kinds of symbol, as the server names them. */
export const KINDS = ['function', 'method', 'class', 'interface', 'type', 'enum', 'module', 'block'] as const;
export type Kind = (typeof KINDS)[number];

/** Filters of a search; an empty one filters nothing. */
export interface FilterValues {
  language: string;
  kind: Kind | '';
  pathGlob: string;
}

export const NO_FILTERS: FilterValues = { language: '', kind: '', pathGlob: '' };

const RESULTS = 30;

/** Whether any of the filters is set. */
export function isRestricted({ language, kind, pathGlob }: FilterValues): boolean {
  return language !== '' || kind !== '' || pathGlob !== '';
}

/** The body of a search request; empty and blank filters are left out. */
export function searchRequest(query: string, { language, kind, pathGlob }: FilterValues): SearchQuery {
  const path = pathGlob.trim();
  return {
    query,
    k: RESULTS,
    ...(language && { languages: [language] }),
    ...(kind && { kinds: [kind] }),
    ...(path && { pathGlob: path }),
  };
}
