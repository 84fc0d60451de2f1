import { useEffect, useState } from 'react';
import { projectPath } from '../../api/projects.js';
import { type ApiError, asApiError, isAbort, request } from '../../api/request.js';
import type { SearchView } from '../../api/types.js';
import { type FilterValues, searchRequest } from './search-request.js';

/** A search begins when nothing was typed for so long. */
const PAUSE_MS = 120;

/** Searches while the query is typed, after a short pause; answers to earlier queries are dropped. */
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
        const body = searchRequest(wanted, filters);
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
