import { type ReactNode, useState } from 'react';
import { useResource } from '../api/resource.js';
import type { FoldersView } from '../api/types.js';
import { ErrorNotice } from '../design/error-notice.js';
import { Icon } from '../design/icons.js';
import { Badge, IconButton, Skeleton } from '../design/parts.js';

/** Chooses a folder of the server's machine. `onPick` is called with each folder that is entered. */
export function FolderPicker({
  start,
  onPick,
}: {
  start: string;
  onPick: (path: string) => void;
}): ReactNode {
  const [path, setPath] = useState(start);
  const [filter, setFilter] = useState('');
  const { data, error, reload } = useResource<FoldersView>(
    `/api/folders${path && `?path=${encodeURIComponent(path)}`}`,
  );
  const enter = (next: string): void => {
    setPath(next);
    setFilter('');
    onPick(next);
  };
  const folders = (data?.folders ?? [])
    .filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()))
    // Hidden folders last: code is rarely in them.
    .sort((a, b) => Number(a.name.startsWith('.')) - Number(b.name.startsWith('.')));
  return (
    <div className="folders">
      <div className="folders-head">
        <IconButton
          small
          label="Folder above"
          icon="up"
          disabled={!data?.parent}
          onClick={() => data?.parent && enter(data.parent)}
        />
        <span className="mono small grow truncate-start" title={data?.path}>
          <span>{data?.path ?? path}</span>
        </span>
        <input
          className="input folders-filter"
          aria-label="Filter folders"
          placeholder="Filter"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      <div className="folders-list">
        {error && <ErrorNotice error={error} onRetry={reload} />}
        {!data && !error && <Skeleton lines={5} />}
        {data && folders.length === 0 && <p className="muted small folders-none">No folders here.</p>}
        {folders.map((folder) => (
          <button key={folder.path} type="button" className="folder" onClick={() => enter(folder.path)}>
            <Icon name="folder" />
            <span className="grow truncate">{folder.name}</span>
            {folder.projectId !== null ? (
              <Badge tone="good">project</Badge>
            ) : (
              folder.isGit && <Badge>git</Badge>
            )}
            <Icon name="chevronRight" />
          </button>
        ))}
      </div>
    </div>
  );
}
