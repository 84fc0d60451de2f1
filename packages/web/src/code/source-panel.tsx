import { type ReactNode, useState } from 'react';
import { projectPath } from '../api/projects.js';
import { useResource } from '../api/resource.js';
import type { SourceView } from '../api/types.js';
import { CopyButton } from '../design/copy-button.js';
import { ErrorNotice } from '../design/error-notice.js';
import { Icon } from '../design/icons.js';
import { Button, IconButton, Skeleton } from '../design/parts.js';
import { CodeLines } from './code-lines.js';
import type { Place } from './markdown.js';

/** Lines shown above and below the place. */
const AROUND = 40;
const MORE = 200;

/** The code at a place, with the lines around it. */
export function SourceAt({ projectId, place }: { projectId: string; place: Place }): ReactNode {
  const [above, setAbove] = useState(AROUND);
  const [below, setBelow] = useState(AROUND);
  const from = Math.max(1, place.startLine - above);
  const query = new URLSearchParams({
    path: place.path,
    from: String(from),
    to: String(place.endLine + below),
  });
  const { data, error, reload } = useResource<SourceView>(projectPath(projectId, `/source?${query}`));
  if (data === undefined) {
    return (
      <div className="source-empty">
        {error ? <ErrorNotice error={error} onRetry={reload} /> : <Skeleton lines={8} />}
      </div>
    );
  }
  return (
    <>
      {data.masked > 0 && (
        <p className="source-note small">
          <Icon name="key" />{' '}
          {data.masked === 1 ? 'A secret in these lines is' : 'Secrets in these lines are'} masked.
        </p>
      )}
      {data.from > 1 && (
        <Button small look="ghost" className="source-more" icon="up" onClick={() => setAbove(above + MORE)}>
          Lines above
        </Button>
      )}
      <CodeLines
        text={data.text.replace(/\n$/, '')}
        language={data.language}
        from={data.from}
        marked={{ from: place.startLine, to: place.endLine }}
        label={`${place.path}, lines ${data.from} to ${data.to}`}
        reveal
      />
      {data.to < data.totalLines && (
        <Button
          small
          look="ghost"
          className="source-more"
          icon="chevronDown"
          onClick={() => setBelow(below + MORE)}
        >
          Lines below, of {data.totalLines}
        </Button>
      )}
    </>
  );
}

/** `src/cart.ts:12-40` */
export function placeLabel({ path, startLine, endLine }: Place): string {
  return endLine > startLine ? `${path}:${startLine}-${endLine}` : `${path}:${startLine}`;
}

/** The code at a place, beside the page. */
export function SourcePanel({
  projectId,
  place,
  onClose,
}: {
  projectId: string;
  place: Place;
  onClose: () => void;
}): ReactNode {
  const label = placeLabel(place);
  return (
    <aside
      className="source-panel"
      aria-label={`Source ${label}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header className="source-head">
        <Icon name="file" />
        <h2 className="mono grow truncate-start" title={label}>
          <span>{label}</span>
        </h2>
        <CopyButton text={label} label="Copy the place" iconOnly />
        <IconButton small label="Close the source" icon="close" onClick={onClose} autoFocus />
      </header>
      <div className="source-body">
        <SourceAt key={label} projectId={projectId} place={place} />
      </div>
    </aside>
  );
}
