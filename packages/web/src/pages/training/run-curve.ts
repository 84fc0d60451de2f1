import type { RunEvent, Scorecard } from '../../api/types.js';

/** The loss curve of a run, for the chart: one row for each step that has a figure. */
export interface Curve {
  steps: number[];
  train: (number | null)[];
  smooth: (number | null)[];
  validation: (number | null)[];
}

/** Weight of the past in the smoothed line. */
const SMOOTHING = 0.9;

const STAGES = {
  preparing: 'Preparing the data.',
  training: 'Training.',
  evaluating: 'Measuring on held-out code.',
};

/**
 * The curve of the events. A run that was resumed from a checkpoint reports some steps twice: the later report counts.
 */
export function curveOf(events: readonly RunEvent[]): Curve {
  const train = new Map<number, number>();
  const validation = new Map<number, number>();
  for (const event of events) {
    if (event.type !== 'step-end' && event.type !== 'validation-end') continue;
    if (event.loss === null) continue;
    const curve = event.type === 'step-end' ? train : validation;
    curve.set(event.step, event.loss);
  }
  const steps = [...new Set([...train.keys(), ...validation.keys()])].sort((a, b) => a - b);
  let average: number | null = null;
  const smooth = steps.map((step) => {
    const loss = train.get(step);
    if (loss === undefined) return null;
    average = average === null ? loss : SMOOTHING * average + (1 - SMOOTHING) * loss;
    return average;
  });
  return {
    steps,
    train: steps.map((step) => train.get(step) ?? null),
    smooth,
    validation: steps.map((step) => validation.get(step) ?? null),
  };
}

/** An event as one line of the run's log; null for events that the chart and the figures show already. */
export function logLine(event: RunEvent): string | null {
  switch (event.type) {
    case 'run-queue':
      return 'Waiting for its turn.';
    case 'run-start':
      return 'A worker has started.';
    case 'stage-start':
      return STAGES[event.stage];
    case 'plan':
      return `${event.steps} steps planned${event.tokensPerSecond ? ` at ${Math.round(event.tokensPerSecond)} tokens/s` : ''}.`;
    case 'log':
      return event.message;
    case 'validation-end':
      return event.loss === null
        ? null
        : `Step ${event.step}: validation loss ${event.loss.toFixed(3)}${event.best === true ? ', the best so far' : ''}.`;
    case 'checkpoint-save':
      return `Checkpoint at step ${event.step}.`;
    case 'evaluation-end':
      return measured(event.scorecard);
    case 'run-pause':
      return 'Paused.';
    case 'run-resume':
      return 'Goes on.';
    case 'run-interrupt':
      return `Interrupted: ${event.reason}`;
    case 'run-cancel':
      return 'Cancelled.';
    case 'run-fail':
      return `Failed: ${event.error.message}`;
    case 'run-complete':
      return event.reason ?? 'Completed.';
    case 'run-not-started':
      return event.reason;
    default:
      return null;
  }
}

function measured(scorecard: Scorecard | null): string {
  const [base, adapter] = [scorecard?.base, scorecard?.adapter].map((arm) => arm?.noRetrieval.heldOutLoss);
  if (!base || !adapter) return 'The scorecard is complete.';
  return `Held-out loss ${adapter.value.toFixed(3)}, the base model's ${base.value.toFixed(3)}.`;
}
