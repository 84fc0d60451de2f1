import type { Run, RunEvent } from '../../garden/runs/runs.js';
import { scorecardSchema } from '../../training/evaluation/scorecard.js';
import type { RunEventView, RunView } from './schemas.js';

/** A run for the history and the training page. */
export function runView({ description, state }: Run): RunView {
  const { id, kind, createdAt, options } = description;
  const { status, reason, finished, step, steps, loss, validationLoss, tokensPerSecond } = state;
  const { peakMemoryBytes, etaMs, error, adapterVersion, promoted, updatedAt } = state;
  const budgetMs = typeof options.budgetMs === 'number' ? options.budgetMs : null;
  return {
    ...{ id, kind, createdAt, status, reason, finished, step, steps, loss, validationLoss, tokensPerSecond },
    ...{ peakMemoryBytes, etaMs, error, adapterVersion, promoted, updatedAt, budgetMs },
  };
}

/** An event of a run as clients get it. */
export function runEventView(event: RunEvent): RunEventView {
  if (event.type !== 'evaluation-end') return event;
  const { data: scorecard = null } = scorecardSchema.safeParse(event.scorecard);
  return { ...event, scorecard };
}
