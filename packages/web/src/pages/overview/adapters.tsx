import { type ReactNode, useState } from 'react';
import { projectPath, putProject } from '../../api/projects.js';
import { asApiError, request } from '../../api/request.js';
import { useResource } from '../../api/resource.js';
import { invalidate } from '../../api/resource-cache.js';
import type { AdapterList, AdapterView, ProjectView } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Badge, Button, Empty, Skeleton } from '../../design/parts.js';
import { toast } from '../../design/toast.js';
import { ago, bytes, shortCommit } from '../../format.js';
import { projectHref } from '../../route.js';
import { navigate } from '../../router.js';
import { type Scale, ScorecardTable, scaleOf } from './scorecard-table.js';

/** Every adapter version with its scorecard, newest first; one of them, or the base model, answers. */
export function Adapters({ view }: { view: ProjectView }): ReactNode {
  const { id, name } = view.project;
  const { data, error, reload } = useResource<AdapterList>(projectPath(id, '/adapters'));
  const [busy, setBusy] = useState<number | null | undefined>(undefined);
  const promote = async (version: number | null): Promise<void> => {
    setBusy(version);
    try {
      putProject(await request<ProjectView>('POST', projectPath(id, '/promote'), { version }));
      invalidate((path) => path === projectPath(id, '/adapters'));
      toast(version === null ? 'The base model answers now.' : `Adapter ${version} answers now.`);
    } catch (caught) {
      const { message, remedy } = asApiError(caught);
      toast(`${message} ${remedy}`, { bad: true });
    } finally {
      setBusy(undefined);
    }
  };
  const scale = scaleOf(data?.adapters.flatMap(({ scorecard }) => scorecard ?? []) ?? []);
  const answering = data?.adapters.find(({ promoted }) => promoted);
  return (
    <section className="stack" aria-labelledby="adapters">
      <div className="row spread section-head">
        <h2 id="adapters">Adapters</h2>
        {answering && (
          <Button small icon="undo" busy={busy === null} onClick={() => void promote(null)}>
            Roll back to the base model
          </Button>
        )}
      </div>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={4} />}
      {data?.adapters.length === 0 && (
        <div className="card">
          <Empty
            icon="sprout"
            title="No adapter yet"
            action={<Button onClick={() => navigate(projectHref(name, 'training'))}>Open training</Button>}
          >
            An adapter learns the names and habits of this codebase. It answers only if it beats the base
            model on code it has not seen.
          </Empty>
        </div>
      )}
      <div className="adapters">
        {data?.adapters.map((adapter) => (
          <AdapterCard
            key={adapter.version}
            adapter={adapter}
            scale={scale}
            busy={busy === adapter.version}
            onPromote={() => void promote(adapter.version)}
          />
        ))}
      </div>
    </section>
  );
}

function AdapterCard({
  adapter,
  scale,
  busy,
  onPromote,
}: {
  adapter: AdapterView;
  scale: Scale;
  busy: boolean;
  onPromote: () => void;
}): ReactNode {
  const { version, promoted, createdAt, commit, scorecard, problem } = adapter;
  return (
    <article
      className={promoted ? 'card adapter adapter-answers' : 'card adapter'}
      aria-label={`Adapter ${version}`}
    >
      <div className="card-head">
        <div>
          <div className="row">
            <h3>Adapter {version}</h3>
            {promoted ? (
              <Badge tone="good">answers now</Badge>
            ) : (
              scorecard && !scorecard.promoted && <Badge>refused by the gate</Badge>
            )}
          </div>
          <p className="small muted">
            {createdAt !== null && `${ago(createdAt)} · `}
            {shortCommit(commit) ? `at ${shortCommit(commit)}` : 'no git'} · {bytes(adapter.bytes)}
          </p>
        </div>
        {!promoted && (
          <Button small busy={busy} disabled={problem !== null} onClick={onPromote}>
            Promote
          </Button>
        )}
      </div>
      {problem && <p className="card-body adapter-problem">{problem}</p>}
      {scorecard ? (
        <ScorecardTable scorecard={scorecard} scale={scale} />
      ) : (
        !problem && <p className="card-body muted">Not measured.</p>
      )}
    </article>
  );
}
