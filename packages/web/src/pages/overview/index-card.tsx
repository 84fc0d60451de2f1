import { type ReactNode, useState } from 'react';
import { projectPath } from '../../api/projects.js';
import { useResource } from '../../api/resource.js';
import type { FileList, ProjectView } from '../../api/types.js';
import { Icon } from '../../design/icons.js';
import { Button, Skeleton } from '../../design/parts.js';
import { count, words } from '../../format.js';

/** Why files are left out, in words for the reader. A reason that is not in here is shown by its code. */
const REASONS: Record<string, string> = {
  'unknown-language': 'no language that Gardener reads',
  binary: 'binary',
  empty: 'empty',
  generated: 'generated',
  minified: 'minified',
  secret: 'a key file or mostly secrets',
  symlink: 'a symbolic link',
  'too-large': 'too large',
  vendored: 'somebody else’s code',
  'nested-repository': 'a repository of its own',
  'not-a-file': 'not a regular file',
};

/** Every file that was seen: indexed, skipped or failed, with its reason. */
export function IndexCard({ view }: { view: ProjectView }): ReactNode {
  const { files, chunks, vectors, state } = view.index;
  const skipped = sum(files.skipped);
  const failed = sum(files.failed);
  return (
    <section className="card">
      <div className="card-head">
        <h2>Index</h2>
        <span className="small muted tabular">
          {count(chunks)} chunks
          {vectors < chunks && `, ${count(vectors)} of them found by meaning so far`}
        </span>
      </div>
      {state === 'none' ? (
        <p className="card-body muted">
          Nothing is indexed yet. The first files are searchable seconds after indexing begins.
        </p>
      ) : (
        <>
          <div className="card-body stack">
            <p className="index-seen">
              <strong className="tabular">{count(files.seen)}</strong>{' '}
              <span className="muted">files seen</span>
            </p>
            <div className="index-bar" aria-hidden="true">
              <Share of={files.seen} value={files.indexed} kind="indexed" />
              <Share of={files.seen} value={skipped} kind="skipped" />
              <Share of={files.seen} value={failed} kind="failed" />
            </div>
          </div>
          <Outcome view={view} outcome="indexed" label="Indexed" total={files.indexed} reasons={{}} />
          <Outcome view={view} outcome="skipped" label="Skipped" total={skipped} reasons={files.skipped} />
          <Outcome view={view} outcome="failed" label="Failed" total={failed} reasons={files.failed} />
        </>
      )}
    </section>
  );
}

function Share({ of, value, kind }: { of: number; value: number; kind: string }): ReactNode {
  return value === 0 ? null : (
    <div className={`index-share index-${kind}`} style={{ flexGrow: value / of, minWidth: 3 }} />
  );
}

function Outcome({
  view,
  outcome,
  label,
  total,
  reasons,
}: {
  view: ProjectView;
  outcome: string;
  label: string;
  total: number;
  reasons: Record<string, number>;
}): ReactNode {
  const [open, setOpen] = useState(false);
  const rows = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return (
    <details className="outcome" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary aria-disabled={total === 0}>
        <span className={`index-key index-${outcome}`} aria-hidden="true" />
        <span className="grow">{label}</span>
        <span className="tabular">{count(total)}</span>
        <Icon name="chevronRight" />
      </summary>
      {open && rows.length === 0 && <Files projectId={view.project.id} outcome={outcome} reason={null} />}
      {rows.map(([reason, files]) => (
        <Reason key={reason} projectId={view.project.id} outcome={outcome} reason={reason} files={files} />
      ))}
    </details>
  );
}

function Reason({
  projectId,
  outcome,
  reason,
  files,
}: {
  projectId: string;
  outcome: string;
  reason: string;
  files: number;
}): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <details className="outcome reason" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="grow">{REASONS[reason] ?? words(reason)}</span>
        <span className="tabular muted">{count(files)}</span>
        <Icon name="chevronRight" />
      </summary>
      {open && <Files projectId={projectId} outcome={outcome} reason={reason} />}
    </details>
  );
}

const PAGE = 100;

function Files({
  projectId,
  outcome,
  reason,
}: {
  projectId: string;
  outcome: string;
  reason: string | null;
}): ReactNode {
  const [limit, setLimit] = useState(PAGE);
  const query = new URLSearchParams({ outcome, ...(reason !== null && { reason }), limit: String(limit) });
  const { data, error } = useResource<FileList>(projectPath(projectId, `/files?${query}`));
  if (error) return <p className="files small muted">{error.message}</p>;
  if (data === undefined) {
    return (
      <div className="files">
        <Skeleton lines={3} />
      </div>
    );
  }
  if (data.files.length === 0) return <p className="files small muted">No file.</p>;
  return (
    <div className="files" tabIndex={0} role="group" aria-label={`${outcome} files`}>
      <ul>
        {data.files.map((file) => (
          <li key={file.path} className="row spread small">
            <span className="mono small truncate-start" title={file.path}>
              <span>{file.path}</span>
            </span>
            {file.chunks > 0 && (
              <span className="faint tabular files-chunks">{count(file.chunks)} chunks</span>
            )}
          </li>
        ))}
      </ul>
      {data.total > data.files.length && (
        <Button small look="ghost" onClick={() => setLimit(limit + 5 * PAGE)}>
          {count(data.total - data.files.length)} more
        </Button>
      )}
    </div>
  );
}

function sum(reasons: Record<string, number>): number {
  return Object.values(reasons).reduce((total, value) => total + value, 0);
}
