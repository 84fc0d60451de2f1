import './fleet.css';
import { type ReactNode, useState } from 'react';
import { useFleet } from '../../api/projects.js';
import type { FleetView } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Button, Empty, Notice, Segments, Skeleton } from '../../design/parts.js';
import { Words } from '../../design/words.js';
import { count } from '../../format.js';
import { Page } from '../../shell/page.js';
import { FleetTable } from './fleet-table.js';
import { type FleetFilter, groupOf, shownRows, totalsWords } from './fleet-words.js';

/** Rows of a page of the table. */
const PAGE_ROWS = 50;

const FILTERS: { value: FleetFilter; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'working', label: 'Under way' },
  { value: 'failed', label: 'Failed' },
  { value: 'promoted', label: 'Promoted' },
  { value: 'other', label: 'Others' },
];

/** Every project in one table: what is indexed, how training stands, and what the adapters are worth. */
export default function Fleet(): ReactNode {
  const { data, error, reload } = useFleet();
  return (
    <Page documentTitle="Fleet" title={<h1>Fleet</h1>}>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={10} />}
      {data?.damaged.map(({ id, message, remedy }) => (
        <Notice key={id} tone="bad">
          <p>{message}</p>
          <p className="small muted">
            <Words text={remedy} />
          </p>
        </Notice>
      ))}
      {data && data.projects.length === 0 && (
        <Empty icon="rows" title="No project yet">
          List your codebases in a file, one path a line, and run <code>gardener fleet add</code> with it;
          then <code>gardener fleet train</code>.
        </Empty>
      )}
      {data && data.projects.length > 0 && <Rows fleet={data} />}
    </Page>
  );
}

function Rows({ fleet }: { fleet: FleetView }): ReactNode {
  const [filter, setFilter] = useState<FleetFilter>('all');
  const [query, setQuery] = useState('');
  const [wanted, setWanted] = useState(0);
  const rows = shownRows(fleet.projects, filter, query);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  // Rows may have gone since the page was turned.
  const page = Math.min(wanted, pages - 1);
  return (
    <>
      <p className="muted">{totalsWords(fleet)}.</p>
      <section className="card">
        <div className="card-head fleet-head">
          <Segments
            label="Which projects"
            value={filter}
            options={FILTERS.map((option) => ({ ...option, label: labelled(fleet, option) }))}
            onChange={(next) => {
              setFilter(next);
              setWanted(0);
            }}
          />
          <input
            className="input fleet-find"
            aria-label="Find a project in the fleet"
            placeholder="Find by name or path"
            value={query}
            spellCheck={false}
            onChange={(event) => {
              setQuery(event.target.value);
              setWanted(0);
            }}
          />
        </div>
        {rows.length === 0 ? (
          <p className="card-body muted">No project fits.</p>
        ) : (
          <FleetTable rows={rows.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS)} />
        )}
        {pages > 1 && <Pages page={page} pages={pages} rows={rows.length} onTurn={setWanted} />}
      </section>
    </>
  );
}

function labelled({ projects }: FleetView, { value, label }: { value: FleetFilter; label: string }): string {
  return value === 'all'
    ? label
    : `${label} ${count(projects.filter((row) => groupOf(row) === value).length)}`;
}

function Pages({
  page,
  pages,
  rows,
  onTurn,
}: {
  page: number;
  pages: number;
  rows: number;
  onTurn: (page: number) => void;
}): ReactNode {
  const first = page * PAGE_ROWS + 1;
  return (
    <nav className="row spread fleet-pages" aria-label="Pages of the table">
      <Button small disabled={page === 0} onClick={() => onTurn(page - 1)}>
        Previous
      </Button>
      <span className="small muted tabular">
        {count(first)} to {count(Math.min(rows, first + PAGE_ROWS - 1))} of {count(rows)}
      </span>
      <Button small disabled={page === pages - 1} onClick={() => onTurn(page + 1)}>
        Next
      </Button>
    </nav>
  );
}
