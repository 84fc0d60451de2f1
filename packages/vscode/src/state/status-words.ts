import type { ApiError } from '../api/api-error.js';
import type { Connection } from '../api/live-server.js';
import type { Glance, ProjectView } from '../api/types.js';
import { count, percent, plural, remaining } from './quantities.js';

/** What the status bar has to tell. */
export interface Situation {
  connection: Connection;
  /** Code of the error that keeps the server away or the suggestions from coming; null when all is well. */
  problem: Pick<ApiError, 'code' | 'message' | 'details'> | null;
  /** Of the folder of the file that is being edited. */
  project: ProjectView | null;
  /** Whether a folder is open at all. */
  hasFolder: boolean;
  /** Whether suggestions may come for the file that is being edited. */
  suggests: boolean;
  /** A suggestion is being waited for, longer than one waits without asking. */
  isWaiting: boolean;
}

/** How the status bar tells it. */
export interface StatusWords {
  /** With icons in VS Code's way, `$(name)`. */
  text: string;
  /** Lines. */
  tooltip: string[];
  tone: 'plain' | 'warning' | 'error';
}

const WORK: Partial<Record<Glance, string>> = {
  indexing: 'indexing',
  queued: 'waiting to start',
  training: 'training',
  evaluating: 'measuring',
  paused: 'paused',
};

/** Pure. */
export function statusWords(situation: Situation): StatusWords {
  const { connection, problem, project, hasFolder } = situation;
  if (connection === 'connecting') return plain('$(sync~spin) Gardener', 'Looking for the Gardener server…');
  if (connection === 'away') return away(problem);
  if (!hasFolder) return plain('$(sparkle) Gardener', 'Open a folder to get suggestions of its code.');
  if (project === null) {
    return plain('$(add) Gardener: add this workspace', 'No project of the server is this folder.');
  }
  return ofProject(project, situation);
}

function away(problem: Situation['problem']): StatusWords {
  const tooltip = [
    problem?.message ?? 'The Gardener server does not answer.',
    'It is looked for all the time.',
  ];
  if (problem?.code === 'server.token-required') {
    return { text: '$(key) Gardener: token needed', tooltip, tone: 'warning' };
  }
  return { text: '$(debug-disconnect) Gardener: server away', tooltip, tone: 'warning' };
}

function ofProject(view: ProjectView, { problem, suggests, isWaiting }: Situation): StatusWords {
  const { name } = view.project;
  const tooltip = [...detailsOf(view), ...(suggests ? [] : ['No suggestions in this file.'])];
  if (problem !== null) {
    const text = `$(warning) ${name}: no suggestions`;
    return { text, tooltip: [problem.message, ...tooltip], tone: 'warning' };
  }
  if (view.glance === 'error') {
    const reason =
      view.training.error?.message ?? view.training.reason ?? 'The index is damaged, or of another version.';
    return { text: `$(error) ${name}: failed`, tooltip: [reason, ...tooltip], tone: 'error' };
  }
  const work = WORK[view.glance];
  if (work !== undefined) {
    const icon = view.glance === 'paused' ? '$(debug-pause)' : '$(sync~spin)';
    return { text: `${icon} ${name}: ${work}${howFar(view)}`, tooltip, tone: 'plain' };
  }
  if (view.glance === 'none') return { text: `$(circle-slash) ${name}: not indexed`, tooltip, tone: 'plain' };
  const icon = isWaiting ? '$(loading~spin)' : suggests ? '$(sparkle)' : '$(circle-slash)';
  const stale = staleFiles(view);
  const behind = stale === 0 ? '' : ` $(history) ${count(stale)}`;
  return { text: `${icon} ${name}: ${answering(view)}${behind}`, tooltip, tone: 'plain' };
}

/** " 43 %, about 4 min" */
function howFar({ glance, progress, etaMs }: ProjectView): string {
  // All files read is not the end: what they hold is still being embedded.
  const share = progress !== null && progress < 1 ? ` ${Math.floor(progress * 100)} %` : '';
  return share + (glance !== 'paused' && etaMs !== null ? `, ${remaining(etaMs)}` : '');
}

/** "adapter 3", "base model"; what the adapter is good for, where that is not all. */
export function answering({ adapter: { promoted, version, serves } }: ProjectView): string {
  if (!promoted || version === null) return 'base model';
  if (serves.completion === 'base') return `adapter ${version} for answers`;
  return serves.answers === 'base' ? `adapter ${version} for suggestions` : `adapter ${version}`;
}

/** Files that are newer than the index. */
function staleFiles({ index }: ProjectView): number {
  return index.state === 'ready' ? (index.changedSince ?? 0) : 0;
}

function servingLine({ project, adapter: { version, serves } }: ProjectView): string {
  const on = `Adapter ${version} on ${project.baseModel}`;
  if (serves.completion === 'base')
    return `${on} answers; the base model suggests code, since it does that better.`;
  if (serves.answers === 'base')
    return `${on} suggests code; the base model answers, since it does that better.`;
  return `${on} answers and suggests.`;
}

function detailsOf(view: ProjectView): string[] {
  const { project, adapter, index, scorecard } = view;
  const gain =
    adapter.promoted && scorecard?.adapterVersion === adapter.version ? scorecard?.improvement : null;
  const stale = staleFiles(view);
  return [
    adapter.promoted
      ? servingLine(view)
      : `The base model ${project.baseModel} answers${adapter.reason === null ? '.' : `: ${adapter.reason}`}`,
    ...(gain && gain.value > 0
      ? [`Its loss on code that it has not seen is ${percent(gain.value)} lower than the base model’s.`]
      : []),
    index.state === 'none'
      ? 'Nothing is indexed yet.'
      : `${plural(index.files.indexed, 'file')} indexed${index.commit === null ? '' : ` at ${index.commit.slice(0, 7)}`}.`,
    ...(stale === 0 ? [] : [`${plural(stale, 'file has', 'files have')} changed since.`]),
  ];
}

function plain(text: string, ...tooltip: string[]): StatusWords {
  return { text, tooltip, tone: 'plain' };
}
