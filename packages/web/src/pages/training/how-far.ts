import type { ProjectView, RunView } from '../../api/types.js';
import { count, words } from '../../format.js';
import { runWords } from './run-words.js';

/** How far a run is, for the bar and the line above it. */
export interface HowFar {
  /** From 0 to 1; null while it waits, and where nobody can tell. */
  value: number | null;
  words: string;
  /** What is being worked on just now, such as a path. */
  label: string | null;
}

/**
 * A training is told in its steps; what comes before and after in what its stage counts.
 * @param stage of the status, when it is of this run
 * @param progress of the project as a whole, for a run whose stage counts nothing
 */
export function howFar(
  run: Pick<RunView, 'status' | 'kind' | 'finished' | 'step' | 'steps'>,
  stage: Pick<NonNullable<ProjectView['run']>, 'stage' | 'done' | 'total' | 'label'> | null,
  progress: number | null,
): HowFar {
  const shown = (value: number | null) => (run.status === 'queued' || value === 1 ? null : value);
  if (run.steps !== null && run.status !== 'evaluating') {
    return {
      value: shown(run.step / (run.steps || 1)),
      words: `Step ${count(run.step)} of ${count(run.steps)}`,
      label: null,
    };
  }
  const label = stage?.label ?? null;
  if (!stage?.stage) return { value: shown(progress), words: runWords(run).label, label };
  const name = words(stage.stage);
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  if (!stage.total) return { value: shown(progress), words: title, label };
  const done = stage.done ?? 0;
  return {
    value: shown(done / stage.total),
    words: `${title}: ${count(done)} of ${count(stage.total)}`,
    label,
  };
}
