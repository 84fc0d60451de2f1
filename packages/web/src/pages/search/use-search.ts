import { useEffect, useState } from 'react';
import { projectPath } from '../../api/projects.js';
import { type ApiError, asApiError, isAbort, request } from '../../api/request.js';
import type { SearchView } from '../../api/types.js';
import type { FilterValues } from './filters.js';

/** A pause in typing that is worth a search. */
const PAUSE_MS = 120;
const RESULTS = 30;

/** Searches while the query changes: after a short pause, and only the last answer counts. */
export function useSearch(projectId: string, query: string, filters: FilterValues) {
  const [found, setFound] = useState<SearchView | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const wanted = query.trim();
    if (wanted === '') {
      setFound(null);
      setError(null);
      setBusy(false);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      setBusy(true);
      try {
        const body = {
          query: wanted,
          k: RESULTS,
          ...(filters.language && { languages: [filters.language] }),
          ...(filters.kind && { kinds: [filters.kind] }),
          ...(filters.pathGlob.trim() && { pathGlob: filters.pathGlob.trim() }),
        };
        setFound(await request<SearchView>('POST', projectPath(projectId, '/search'), body, abort.signal));
        setError(null);
        setBusy(false);
      } catch (caught) {
        if (isAbort(caught)) return;
        setError(asApiError(caught));
        setBusy(false);
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [projectId, query, filters]);
  return { found, error, busy };
}
