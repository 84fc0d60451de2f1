import './overview.css';
import { type ReactNode, useState } from 'react';
import { projectPath, putProject } from '../../api/projects.js';
import { asApiError, request } from '../../api/request.js';
import { invalidate } from '../../api/resource-cache.js';
import type { ProjectView } from '../../api/types.js';
import { CopyButton } from '../../design/copy-button.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Menu } from '../../design/menu.js';
import { Badge, Button, Notice, Progress } from '../../design/parts.js';
import { toast } from '../../design/toast.js';
import { Words } from '../../design/words.js';
import { count, plural, shortCommit, words } from '../../format.js';
import { editorAddress, projectHref } from '../../route.js';
import { Link, navigate } from '../../router.js';
import { glanceWords } from '../../shell/glance.js';
import { Page } from '../../shell/page.js';
import { RemoveProject } from '../../shell/remove-project.js';
import { Adapters } from './adapters.js';
import { ComparisonCard } from './comparison-card.js';
import { IndexCard } from './index-card.js';
import { SecretsCard } from './secrets-card.js';
import { verdictOf } from './verdict.js';

/** Where a project stands: which model answers, what the index holds, how good the adapters are. */
export default function Overview({ view }: { view: ProjectView }): ReactNode {
  const [removing, setRemoving] = useState(false);
  const { id, name, path, baseModel } = view.project;
  const [refreshing, refresh] = useRefresh(view);
  const address = editorAddress(window.location.origin, name);
  return (
    <Page
      documentTitle={`${name}, overview`}
      title={
        <>
          <div className="row">
            <h1 className="truncate">{name}</h1>
            {view.active && <Badge>active</Badge>}
          </div>
          <div className="row small muted path-line">
            <span className="mono small truncate-start" title={path}>
              <span>{path}</span>
            </span>
            <CopyButton text={path} label="Copy the path" iconOnly />
          </div>
          <div className="row small muted path-line">
            <span>For editors:</span>
            <span className="mono small truncate-start" title={address}>
              <span>{address}</span>
            </span>
            <CopyButton text={address} label="Copy the address for editors" iconOnly />
          </div>
        </>
      }
      aside={
        <>
          <Button icon="refresh" busy={refreshing} onClick={() => void refresh()}>
            Refresh index
          </Button>
          <Button look="primary" icon="chat" onClick={() => navigate(projectHref(name, 'chat'))}>
            Ask
          </Button>
          <Menu
            label="More actions"
            items={[
              { label: 'Remove project…', icon: 'trash', danger: true, onSelect: () => setRemoving(true) },
            ]}
          />
        </>
      }
    >
      {view.project.isAway && (
        <Notice tone="warn">
          <p>
            <strong>The folder of this project is not there</strong>
          </p>
          <p className="muted">
            It was moved or deleted, or its disk is away. The index still answers; it follows the code again
            when the folder is back.
          </p>
        </Notice>
      )}
      <UnderWay view={view} />
      {view.training.error && view.glance === 'error' && (
        <ErrorNotice
          error={view.training.error}
          action={
            <Button small onClick={() => navigate(projectHref(name, 'training'))}>
              Open training
            </Button>
          }
        />
      )}
      <AnswersCard view={view} />
      <div className="overview-grid">
        <IndexCard view={view} />
        <div className="stack stack-wide">
          <Freshness view={view} />
          <SecretsCard projectId={id} isIndexed={view.index.state !== 'none'} />
        </div>
      </div>
      <Adapters view={view} />
      <ComparisonCard projectId={id} />
      <p className="small faint">
        Base model {baseModel} · added{' '}
        {new Date(view.createdAt).toLocaleDateString('en-GB', {
          day: 'numeric',
          month: 'long',
          year: 'numeric',
        })}
      </p>
      {removing && <RemoveProject view={view} onClose={() => setRemoving(false)} />}
    </Page>
  );
}

function useRefresh({ project }: ProjectView): [boolean, () => Promise<void>] {
  const [busy, setBusy] = useState(false);
  const refresh = async (): Promise<void> => {
    setBusy(true);
    try {
      await request('POST', projectPath(project.id, '/refresh'), {});
      putProject(await request<ProjectView>('GET', projectPath(project.id)));
      invalidate((path) => path.startsWith(projectPath(project.id, '/')));
      toast('Looking for changed files.');
    } catch (error) {
      const { message, remedy } = asApiError(error);
      toast(`${message} ${remedy}`, { bad: true });
    } finally {
      setBusy(false);
    }
  };
  return [busy, refresh];
}

/** The run under way and its progress. */
function UnderWay({ view }: { view: ProjectView }): ReactNode {
  const { label, eta, busy } = glanceWords(view);
  if (!busy && view.glance !== 'paused') return null;
  const { run, training } = view;
  const counts = run?.total ? `${count(run.done ?? 0)} of ${count(run.total)}` : null;
  const steps =
    run?.stage == null && training.steps
      ? `step ${count(training.step ?? 0)} of ${count(training.steps)}`
      : null;
  // The share of what the words beside it count, and of nothing else.
  const share = run?.total
    ? (run.done ?? 0) / run.total
    : steps !== null && training.steps
      ? (training.step ?? 0) / training.steps
      : null;
  const isIndexing = view.index.state !== 'ready';
  return (
    <Link href={projectHref(view.project.name, 'training')} className="card under-way">
      <div className="row spread">
        <strong className="tabular">{label}</strong>
        <span className="small muted tabular">
          {[!isIndexing && run?.stage ? words(run.stage) : null, counts ?? steps, eta && `${eta} left`]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </div>
      <Progress value={share === 1 ? null : share} label={label} />
      <p className="small muted">
        {isIndexing
          ? 'It goes on in the background. Search works on what is indexed so far.'
          : `It goes on in the background. ${view.adapter.promoted ? `Adapter ${view.adapter.version}` : 'The base model'} answers meanwhile.`}
      </p>
    </Link>
  );
}

function AnswersCard({ view }: { view: ProjectView }): ReactNode {
  if (view.index.state === 'none' && glanceWords(view).busy) return null;
  const { tone, title, reason } = verdictOf(view);
  const untrained = view.adapter.version === null && !view.training.error && !glanceWords(view).busy;
  return (
    <Notice
      tone={tone}
      action={
        untrained && view.index.state === 'ready' ? (
          <Button small onClick={() => navigate(projectHref(view.project.name, 'training'))}>
            Train an adapter
          </Button>
        ) : undefined
      }
    >
      <p>
        <strong>{title}</strong>
      </p>
      {reason && (
        <p className="muted">
          <Words text={reason} />
        </p>
      )}
    </Notice>
  );
}

function editsWords({ project, watching }: ProjectView): string {
  if (project.isAway) return 'The folder is not there';
  return watching ? 'Followed by the server' : 'Not followed; refresh after changes';
}

function Freshness({ view }: { view: ProjectView }): ReactNode {
  const { commit, changedSince, state } = view.index;
  const changed =
    state === 'none'
      ? 'Nothing indexed yet'
      : changedSince === null
        ? 'Unknown'
        : changedSince === 0
          ? 'Nothing changed since'
          : `${plural(changedSince, 'file')} changed since`;
  return (
    <section className="card">
      <div className="card-head">
        <h2>Freshness</h2>
        <Badge tone={changedSince === 0 ? 'good' : changedSince ? 'warn' : 'plain'}>{changed}</Badge>
      </div>
      <dl className="facts card-body">
        <dt>Commit</dt>
        <dd className="mono">{shortCommit(commit) ?? (state === 'none' ? '–' : 'no git')}</dd>
        <dt>State</dt>
        <dd>{words(state === 'building' ? 'not complete yet' : state)}</dd>
        <dt>Edits</dt>
        <dd>{editsWords(view)}</dd>
      </dl>
    </section>
  );
}
