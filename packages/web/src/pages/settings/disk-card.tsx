import type { ReactNode } from 'react';
import { useProjects } from '../../api/projects.js';
import { useResource } from '../../api/resource.js';
import type { DiskView } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Skeleton } from '../../design/parts.js';
import { bytes, words } from '../../format.js';

/** How much disk the data directory takes, and for what. */
export function DiskCard(): ReactNode {
  const { data, error, reload } = useResource<DiskView>('/api/disk');
  const names = new Map(useProjects().data?.projects.map(({ project }) => [project.id, project.name]));
  const largest = Math.max(1, ...(data?.parts.map((part) => part.bytes) ?? []));
  return (
    <section className="card">
      <div className="card-head">
        <h2>Disk</h2>
        {data && (
          <span className="small muted tabular">
            {bytes(data.totalBytes)}
            {data.capBytes !== null && ` of ${bytes(data.capBytes)} allowed`}
          </span>
        )}
      </div>
      <div className="card-body">
        {error && <ErrorNotice error={error} onRetry={reload} />}
        {!data && !error && <Skeleton lines={4} />}
        {data && (
          <div className="disk">
            {data.parts.map((part) => (
              <Bar key={part.name} name={words(part.name)} value={part.bytes} largest={largest} />
            ))}
            {data.projects.map(({ projectId, bytes: value }) => (
              <Bar
                key={projectId}
                name={names.get(projectId) ?? projectId}
                value={value}
                largest={largest}
                quiet
              />
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

function Bar({
  name,
  value,
  largest,
  quiet = false,
}: {
  name: string;
  value: number;
  largest: number;
  quiet?: boolean;
}): ReactNode {
  return (
    <div className={quiet ? 'disk-row disk-quiet' : 'disk-row'}>
      <span className="truncate">{name}</span>
      <span className="disk-bar" aria-hidden="true">
        <span style={{ width: `${Math.max(0.5, (value / largest) * 100)}%` }} />
      </span>
      <span className="tabular muted">{bytes(value)}</span>
    </div>
  );
}
