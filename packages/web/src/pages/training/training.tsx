import './training.css';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { projectPath } from '../../api/projects.js';
import { useResource } from '../../api/resource.js';
import type { ProjectView, RunList } from '../../api/types.js';
import { ErrorNotice } from '../../design/error-notice.js';
import { Button, Empty, Skeleton } from '../../design/parts.js';
import { Page } from '../../shell/page.js';
import { CurrentRun } from './current-run.js';
import { RunHistory } from './run-history.js';
import { newestToShow } from './run-words.js';
import { StartTraining } from './start-training.js';

/** The current run, or the last one where none is under way, and the history of runs. */
export default function Training({ view }: { view: ProjectView }): ReactNode {
  const { id, name } = view.project;
  const { data, error, reload } = useResource<RunList>(projectPath(id, '/runs'));
  const [chosen, setChosen] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const runs = data?.runs ?? [];
  const run = useMemo(() => runs.find((one) => one.id === chosen) ?? newestToShow(runs), [runs, chosen]);
  const busy = runs.some(({ finished }) => !finished);
  const newest = runs[0]?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new run is shown when it begins
  useEffect(() => setChosen(null), [newest]);

  return (
    <Page
      documentTitle={`${name}, training`}
      title={<h1>Training</h1>}
      aside={
        runs.length > 0 && (
          <Button
            look="primary"
            icon="play"
            disabled={busy}
            title={busy ? 'A run is under way' : undefined}
            onClick={() => setStarting(true)}
          >
            Train again
          </Button>
        )
      }
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={8} />}
      {data && run === undefined && (
        <div className="card">
          <Empty
            icon="chart"
            title="Nothing trained yet"
            action={
              <Button look="primary" icon="play" onClick={() => setStarting(true)}>
                Train an adapter
              </Button>
            }
          >
            A training runs in the background on this machine, within a time you give it, and can be paused.
          </Empty>
        </div>
      )}
      {run && (
        <CurrentRun
          key={run.id}
          projectId={id}
          projectName={name}
          run={run}
          view={view}
          onTrainAgain={() => setStarting(true)}
        />
      )}
      {runs.length > 0 && <RunHistory runs={runs} shown={run?.id ?? null} onShow={setChosen} />}
      {starting && <StartTraining projectId={id} onClose={() => setStarting(false)} />}
    </Page>
  );
}
