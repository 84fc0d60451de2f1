import { type ReactNode, useRef } from 'react';
import type { SearchResult } from '../../api/types.js';
import { Button } from '../../design/parts.js';
import { type FilterValues, isRestricted, KINDS, NO_FILTERS } from './search-request.js';

/** Filters by language, kind and path. The languages offered are those of the results so far. */
export function Filters({
  filters,
  results,
  onChange,
}: {
  filters: FilterValues;
  results: readonly SearchResult[];
  onChange: (filters: FilterValues) => void;
}): ReactNode {
  const seen = useRef(new Set<string>());
  for (const { language } of results) seen.current.add(language);
  return (
    <div className="filters">
      <select
        className="select"
        aria-label="Language"
        value={filters.language}
        onChange={(event) => onChange({ ...filters, language: event.target.value })}
      >
        <option value="">All languages</option>
        {[...seen.current].sort().map((language) => (
          <option key={language}>{language}</option>
        ))}
      </select>
      <select
        className="select"
        aria-label="Kind"
        value={filters.kind}
        onChange={(event) =>
          onChange({ ...filters, kind: KINDS.find((kind) => kind === event.target.value) ?? '' })
        }
      >
        <option value="">All kinds</option>
        {KINDS.map((kind) => (
          <option key={kind}>{kind}</option>
        ))}
      </select>
      <input
        className="input mono"
        aria-label="Path pattern"
        placeholder="src/**"
        value={filters.pathGlob}
        spellCheck={false}
        onChange={(event) => onChange({ ...filters, pathGlob: event.target.value })}
      />
      {isRestricted(filters) && (
        <Button look="ghost" icon="close" onClick={() => onChange(NO_FILTERS)}>
          Clear
        </Button>
      )}
    </div>
  );
}
