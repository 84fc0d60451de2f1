import type { ProjectRecord } from '../../garden/project-record.js';
import { latestRun, type Run } from '../../garden/runs/runs.js';
import { projectStatus, type StatusObject } from '../../projects/project-status.js';
import type { ProjectView } from '../contract/schemas.js';
import type { ServerContext } from '../state/context.js';

/** A page asks for every project at once, and often: told without a look for 15 s, and after 0.8 s of looking. */
const FRESHNESS = { maxAgeMs: 15_000, patienceMs: 800 };

/** Everything that a page shows of a project at first sight. */
export async function projectView(context: ServerContext, project: ProjectRecord): Promise<ProjectView> {
  const { garden, assistant, followers } = context;
  const [status, run, active] = await Promise.all([
    projectStatus(garden, project, (of) => assistant.freshness.of(of, FRESHNESS)),
    latestRun(garden.paths, project.id),
    garden.registry.active(),
  ]);
  return {
    ...status,
    active: active?.id === project.id,
    createdAt: project.createdAt,
    run: run === null ? null : runAtSight(run),
    ...glanceAt(status, run),
    watching: followers.isFollowing(project.id),
  };
}

function runAtSight({ description, state }: Run): NonNullable<ProjectView['run']> {
  const { status, finished, progress, updatedAt } = state;
  return {
    ...{ id: description.id, kind: description.kind, status, finished, updatedAt },
    stage: progress?.stage ?? null,
    done: progress?.done ?? null,
    total: progress?.total ?? null,
    label: progress?.label ?? null,
    startedAt: description.createdAt,
  };
}

function glanceAt(status: StatusObject, run: Run | null): Pick<ProjectView, 'glance' | 'progress' | 'etaMs'> {
  if (run !== null && !run.state.finished) return glanceAtWork(run);
  const done = { progress: null, etaMs: null };
  if (run?.state.status === 'failed' || status.index.state === 'damaged') return { glance: 'error', ...done };
  if (status.index.state === 'none') return { glance: 'none', ...done };
  return { glance: status.adapter.promoted ? 'ready' : 'base-only', ...done };
}

function glanceAtWork({ description, state }: Run): Pick<ProjectView, 'glance' | 'progress' | 'etaMs'> {
  const { status, progress, step, steps, etaMs } = state;
  const share = progress?.total ? Math.min(1, progress.done / progress.total) : null;
  switch (status) {
    case 'training':
      return { glance: 'training', progress: steps ? Math.min(1, step / steps) : null, etaMs };
    case 'paused':
      return { glance: 'paused', progress: steps ? Math.min(1, step / steps) : null, etaMs: null };
    case 'evaluating':
      return { glance: 'evaluating', progress: share, etaMs };
    case 'queued':
      return { glance: 'queued', progress: null, etaMs: null };
    default:
      return {
        glance: description.kind === 'index' || step === 0 ? 'indexing' : 'training',
        progress: share,
        etaMs,
      };
  }
}
