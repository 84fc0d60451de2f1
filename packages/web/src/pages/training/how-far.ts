import type { ProjectView, RunView } from '../../api/types.js';
import { count, words } from '../../format.js';
import { runWords } from './run-words.js';

/** How far a run is, for the bar and the line above it. */
export interface HowFar {
  /** The share that the words tell, from 0 to 1; null while the run waits, and while its length is not known. */
  value: number | null;
  words: string;
  /** What is being worked on just now, such as a path. */
  label: string | null;
}

/**
 * Progress of a run. While it trains, in training steps; before and after that, in the items that its stage counts.
 * @param stage the current stage from the project's status; null when the status is about another run
 */
export function howFar(
  run: Pick<RunView, 'status' | 'kind' | 'finished' | 'step' | 'steps'>,
  stage: Pick<NonNullable<ProjectView['run']>, 'stage' | 'done' | 'total' | 'label'> | null,
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
  if (!stage?.stage) return { value: null, words: runWords(run).label, label };
  const name = words(stage.stage);
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  if (!stage.total) return { value: null, words: title, label };
  const done = stage.done ?? 0;
  return {
    value: shown(done / stage.total),
    words: `${title}: ${count(done)} of ${count(stage.total)}`,
    label,
  };
}
