import { type ReactNode, useMemo, useState } from 'react';
import { projectChanged, projectPath } from '../../api/projects.js';
import { asApiError, request } from '../../api/request.js';
import { invalidate } from '../../api/resource-cache.js';
import type { ProjectView, RunView } from '../../api/types.js';
import { Badge, Button, Progress } from '../../design/parts.js';
import { toast } from '../../design/toast.js';
import { Words } from '../../design/words.js';
import { ago, bytes, count, duration, moment, remaining } from '../../format.js';
import { howFar } from './how-far.js';
import { LossChart } from './loss-chart.js';
import { curveOf } from './run-curve.js';
import { RunError } from './run-error.js';
import { useRunEvents } from './run-events.js';
import { RunLog } from './run-log.js';
import { runWords } from './run-words.js';

interface CurrentRunProps {
  projectId: string;
  projectName: string;
  run: RunView;
  view: ProjectView;
  onTrainAgain: () => void;
}

/** One run: its progress, its losses, and the buttons to pause, resume and cancel it. */
export function CurrentRun({ projectId, projectName, run, view, onTrainAgain }: CurrentRunProps): ReactNode {
  const events = useRunEvents(projectId, run.id);
  const curve = useMemo(() => curveOf(events ?? []), [events]);
  const { label, tone, busy } = runWords(run);
  const stage = view.run?.id === run.id && !run.finished ? view.run : null;
  return (
    <section className="card" aria-label={run.finished ? 'Last run' : 'Run under way'}>
      <div className="card-head">
        <div className="row row-wrap">
          <Badge tone={tone} dot busy={busy}>
            {label}
          </Badge>
          <span className="small muted">
            {run.kind === 'index' ? 'Index' : 'Training'},{' '}
            <time title={moment(run.createdAt)}>{ago(run.createdAt)}</time>
            {run.budgetMs !== null && ` · budget ${duration(run.budgetMs)}`}
          </span>
        </div>
        {!run.finished && <Controls projectId={projectId} run={run} />}
      </div>
      <div className="card-body stack stack-wide">
        {run.error && <RunError error={run.error} projectName={projectName} onTrainAgain={onTrainAgain} />}
        {!run.finished && <HowFar run={run} stage={stage} />}
        {run.finished && !run.error && run.reason && (
          <p>
            <Words text={run.reason} />
          </p>
        )}
        {(run.kind === 'train' || run.steps !== null) && <Figures run={run} />}
        {curve.steps.length > 1 ? (
          <LossChart curve={curve} steps={run.finished ? null : run.steps} />
        ) : (
          !run.finished &&
          run.kind === 'train' && (
            <p className="chart-soon small muted">
              The loss curve begins with the first steps, after the index is up to date.
            </p>
          )
        )}
      </div>
      <RunLog events={events} open={!run.finished && run.steps === null} />
    </section>
  );
}

function HowFar({ run, stage }: { run: RunView; stage: ProjectView['run'] }): ReactNode {
  const { value, words: detail, label } = howFar(run, stage);
  return (
    <div className="stack">
      <div className="row spread">
        <strong className="tabular">{detail}</strong>
        <span className="muted tabular">
          {run.etaMs !== null && run.status !== 'paused' ? `${remaining(run.etaMs)} left` : ''}
        </span>
      </div>
      <Progress value={value} label={detail} />
      {label && <p className="small faint mono truncate">{label}</p>}
    </div>
  );
}

function Figures({ run }: { run: RunView }): ReactNode {
  const figures: [string, string][] = [
    ['Training loss', run.loss?.toFixed(3) ?? '–'],
    ['Validation loss', run.validationLoss?.toFixed(3) ?? '–'],
    ['Speed', run.tokensPerSecond === null ? '–' : `${count(Math.round(run.tokensPerSecond))} tokens/s`],
    ['Peak memory', run.peakMemoryBytes === null ? '–' : bytes(run.peakMemoryBytes)],
    ['Steps', stepsOf(run)],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="small muted">{name}</dt>
          <dd className="tabular">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What was planned and not reached is no part of a run that has ended. */
function stepsOf({ step, steps, finished }: RunView): string {
  if (step === 0 && steps === null) return '–';
  return finished || steps === null ? count(step) : `${count(step)} / ${count(steps)}`;
}

function Controls({ projectId, run }: { projectId: string; run: RunView }): ReactNode {
  const [asked, setAsked] = useState<string | null>(null);
  const steer = async (action: 'pause' | 'resume' | 'cancel'): Promise<void> => {
    setAsked(action);
    try {
      await request('POST', projectPath(projectId, `/runs/${encodeURIComponent(run.id)}/${action}`), {});
      invalidate((path) => path === projectPath(projectId, '/runs'));
      projectChanged(projectId);
    } catch (error) {
      const { message, remedy } = asApiError(error);
      toast(`${message} ${remedy}`, { bad: true });
    } finally {
      setAsked(null);
    }
  };
  const paused = run.status === 'paused';
  return (
    <div className="row">
      <Button
        small
        icon={paused ? 'play' : 'pause'}
        busy={asked === 'pause' || asked === 'resume'}
        onClick={() => void steer(paused ? 'resume' : 'pause')}
      >
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button small look="danger" icon="stop" busy={asked === 'cancel'} onClick={() => void steer('cancel')}>
        Cancel
      </Button>
    </div>
  );
}
