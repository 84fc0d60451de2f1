import './search.css';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ProjectView, SearchResult } from '../../api/types.js';
import { placeLabel, SourceAt } from '../../code/source-panel.js';
import { CopyButton } from '../../design/copy-button.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Icon } from '../../design/icons.js';
import { Badge, Button, Empty, IconButton, Skeleton } from '../../design/parts.js';
import { plural, shortCommit } from '../../format.js';
import { projectHref } from '../../route.js';
import { navigate } from '../../router.js';
import { useDocumentTitle } from '../../shell/page.js';
import { Filters } from './filters.js';
import { groupByFile } from './group-results.js';
import { Results } from './results.js';
import { NO_FILTERS } from './search-request.js';
import { useSearch } from './use-search.js';

/** Find code by what it does or by its names, while typing. */
export default function Search({ view }: { view: ProjectView }): ReactNode {
  const { id, name } = view.project;
  useDocumentTitle(`${name}, search`);
  const [query, setQuery] = useState('');
  const [filters, setFilters] = useState(NO_FILTERS);
  const { found, error, busy } = useSearch(id, query, filters);
  const [at, setAt] = useState(0);
  const [opened, setOpened] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const preview = useRef<HTMLElement>(null);
  const files = groupByFile(found?.results ?? []);
  const results = files.flatMap((file) => file.results);
  const chosen = results[Math.min(at, results.length - 1)];
  // biome-ignore lint/correctness/useExhaustiveDependencies: other results begin at the first
  useEffect(() => setAt(0), [found]);
  useEffect(() => {
    field.current?.focus();
  }, []);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && results.length > 0) setAt(Math.max(0, Math.min(results.length - 1, at + step)));
    else if (event.key === 'Enter' && chosen) {
      setOpened(true);
      preview.current?.querySelector<HTMLElement>('pre')?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <div className={opened ? 'search search-opened' : 'search'}>
      <h1 className="visually-hidden">Search {name}</h1>
      <div className="search-head">
        <div className="search-field">
          <Icon name="search" />
          <input
            ref={field}
            type="search"
            className="input"
            aria-label="Search the code"
            placeholder="retry with backoff, parseConfig, where the token is checked…"
            value={query}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={onKeyDown}
          />
          {busy && <span className="spinner" />}
        </div>
        <Filters filters={filters} results={results} onChange={setFilters} />
        <p className="small muted search-took" role="status">
          {found && query.trim() !== '' && !error && (
            <>
              {plural(results.length, 'result')}
              {files.length < results.length && ` in ${plural(files.length, 'file')}`},{' '}
              {Math.max(1, Math.round(found.tookMs))} ms
              {found.index && (
                <span className="faint">
                  {' '}
                  · index{' '}
                  {found.index.changedSince
                    ? `${plural(found.index.changedSince, 'file')} behind`
                    : 'up to date'}
                  {shortCommit(found.index.commit) ? ` at ${shortCommit(found.index.commit)}` : ''}
                </span>
              )}
            </>
          )}
        </p>
      </div>
      <div className="search-body">
        <div className="search-list">
          {error && <ErrorNotice error={error} />}
          {query.trim() === '' && <BeforeSearch view={view} />}
          {query.trim() !== '' && !found && !error && <Skeleton lines={8} />}
          {found && query.trim() !== '' && results.length === 0 && !error && (
            <Empty icon="search" title="Nothing found">
              Try other words, or fewer filters. Meaning counts as well as names.
            </Empty>
          )}
          {query.trim() !== '' && (
            <Results
              files={files}
              at={at}
              onPick={(index) => {
                setAt(index);
                setOpened(true);
              }}
            />
          )}
        </div>
        {chosen && query.trim() !== '' && (
          <Preview refTo={preview} projectId={id} result={chosen} onClose={() => setOpened(false)} />
        )}
      </div>
    </div>
  );
}

function Preview({
  refTo,
  projectId,
  result,
  onClose,
}: {
  refTo: React.RefObject<HTMLElement | null>;
  projectId: string;
  result: SearchResult;
  onClose: () => void;
}): ReactNode {
  const label = placeLabel(result);
  return (
    <section ref={refTo} className="search-preview" aria-label={`Preview of ${label}`}>
      <header className="source-head">
        <IconButton
          small
          className="preview-back"
          label="Back to the results"
          icon="chevronDown"
          onClick={onClose}
        />
        <h2 className="mono grow truncate-start" title={label}>
          <span>{label}</span>
        </h2>
        {result.symbol && <Badge>{result.kind}</Badge>}
        <CopyButton text={label} label="Copy the place" iconOnly />
      </header>
      <div className="source-body">
        <SourceAt key={label} projectId={projectId} place={result} />
      </div>
    </section>
  );
}

function BeforeSearch({ view }: { view: ProjectView }): ReactNode {
  if (view.index.state === 'none') {
    return (
      <Empty
        icon="search"
        title="Nothing is indexed yet"
        action={<Button onClick={() => navigate(projectHref(view.project.name))}>Open overview</Button>}
      >
        Search works as soon as the first files are in.
      </Empty>
    );
  }
  return (
    <Empty icon="search" title={`Search ${plural(view.index.chunks, 'piece')} of code`}>
      By what it does, or by its names. <kbd>↑</kbd> <kbd>↓</kbd> choose, <kbd>Enter</kbd> opens.
    </Empty>
  );
}
