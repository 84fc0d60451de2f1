import type { TrainingStatus } from '../project-record.js';
import { isTerminal, type RunEvent } from './run-events.js';

/** Why a try of a run failed, and when. */
export interface RunFailure {
  code: string;
  message: string;
  remedy: string;
  /** ISO 8601. */
  time: string;
}

/** The reasons that are kept of a run that fails again and again: the last ones. */
const KEPT_FAILURES = 10;

/** What a run's events add up to. Figures are null until an event has told them. */
export interface RunState {
  status: TrainingStatus;
  /** One sentence: why it ended, was interrupted, or did not start. */
  reason: string | null;
  step: number;
  steps: number | null;
  /** Training loss of the last step. */
  loss: number | null;
  /** Lowest validation loss so far: what chooses the checkpoint, not what judges the adapter. */
  validationLoss: number | null;
  etaMs: number | null;
  tokensPerSecond: number | null;
  peakMemoryBytes: number | null;
  error: { code: string; message: string; remedy: string } | null;
  /** Every time that it has failed, the last ten; kept when it is taken up again. */
  failures: readonly RunFailure[];
  /** Pid of the worker that was started last and has not been seen to end, else null. */
  workerPid: number | null;
  /** Its start time, see `ProcessIdentity`. */
  workerStart: string | null;
  progress: { stage: string; done: number; total: number | null; label: string | null } | null;
  /** How often a worker was started. */
  attempts: number;
  /** How often a worker died since the last checkpoint. */
  interruptions: number;
  /** Step of the last checkpoint. */
  checkpointStep: number | null;
  /** As the evaluation wrote it; unchecked. */
  scorecard: unknown;
  adapterVersion: number | null;
  promoted: boolean;
  /**
   * True once a run-cancel, run-fail, run-complete or run-not-started has been seen: nothing changes it any more, but
   * for a run-resume after a run-fail.
   */
  finished: boolean;
  /** Time of the last event, ISO 8601, or null. */
  updatedAt: string | null;
}

/** A run without events. */
export const INITIAL_RUN_STATE: Readonly<RunState> = Object.freeze({
  status: 'not_started',
  reason: null,
  step: 0,
  steps: null,
  loss: null,
  validationLoss: null,
  etaMs: null,
  tokensPerSecond: null,
  peakMemoryBytes: null,
  error: null,
  failures: Object.freeze([]),
  workerPid: null,
  workerStart: null,
  progress: null,
  attempts: 0,
  interruptions: 0,
  checkpointStep: null,
  scorecard: null,
  adapterVersion: null,
  promoted: false,
  finished: false,
  updatedAt: null,
});

/**
 * The state after `events`, which follow on `before`. Pure. Events after the run has ended are ignored, but for a
 * failed one's being taken up again.
 */
export function reduceRun(
  events: readonly RunEvent[],
  before: Readonly<RunState> = INITIAL_RUN_STATE,
): RunState {
  let state: RunState = { ...before };
  for (const event of events) {
    if (state.finished && !takesUp(event, state)) continue;
    state = { ...state, ...change(state, event), updatedAt: event.time };
    if (isTerminal(event)) state = { ...state, finished: true, etaMs: null, ...NO_WORKER };
  }
  return state;
}

function takesUp(event: RunEvent, { status }: RunState): boolean {
  return event.type === 'run-resume' && status === 'failed';
}

const NO_WORKER = { workerPid: null, workerStart: null, progress: null } as const;

/** What one event changes. One row for each type. */
function change(state: RunState, event: RunEvent): Partial<RunState> {
  switch (event.type) {
    case 'run-queue':
      return { status: 'queued', reason: event.reason ?? null, etaMs: null, ...NO_WORKER };
    case 'run-resume':
      return {
        status: 'queued',
        reason: event.reason ?? null,
        error: null,
        finished: false,
        interruptions: state.finished ? 0 : state.interruptions,
        ...NO_WORKER,
      };
    case 'run-start':
      return {
        status: 'preparing',
        workerPid: event.pid,
        workerStart: event.processStart,
        progress: null,
        attempts: state.attempts + 1,
      };
    case 'stage-start':
      // What was planned and not reached is no part of a training that has ended.
      return event.stage === 'evaluating'
        ? {
            status: event.stage,
            progress: null,
            etaMs: null,
            ...(state.steps !== null && { steps: state.step }),
          }
        : { status: event.stage, progress: null };
    case 'progress':
      return { progress: { stage: event.stage, done: event.done, total: event.total, label: event.label } };
    case 'plan':
      return { steps: event.steps, tokensPerSecond: event.tokensPerSecond };
    case 'step-end':
      return {
        // With the first step, the progress told by earlier stages is out of date.
        progress: null,
        step: event.step,
        // Before the plan it says how many steps the data would take, whatever the budget.
        steps: state.steps === null ? null : event.steps,
        loss: event.loss,
        etaMs: state.steps === null ? null : event.etaMs,
        tokensPerSecond: event.tokensPerSecond,
        peakMemoryBytes: largest(state.peakMemoryBytes, event.peakMemoryBytes),
      };
    case 'validation-end':
      return { validationLoss: smallest(state.validationLoss, event.loss) };
    case 'checkpoint-save':
      return { checkpointStep: event.step, interruptions: 0 };
    case 'wait':
      return { reason: event.reason, etaMs: null };
    case 'go-on':
      return { reason: null };
    case 'evaluation-end':
      return { scorecard: event.scorecard };
    case 'run-pause':
      return { status: 'paused', reason: null, etaMs: null, ...NO_WORKER };
    case 'run-interrupt':
      return {
        status: 'queued',
        reason: event.reason,
        etaMs: null,
        interruptions: state.interruptions + 1,
        ...NO_WORKER,
      };
    case 'run-cancel':
      return { status: 'cancelled', reason: null };
    case 'run-fail':
      return {
        status: 'failed',
        reason: event.error.message,
        error: event.error,
        failures: [...state.failures, { ...event.error, time: event.time }].slice(-KEPT_FAILURES),
      };
    case 'run-complete':
      return {
        status: 'completed',
        reason: event.reason,
        adapterVersion: event.adapterVersion,
        promoted: event.promoted,
      };
    case 'run-not-started':
      return { status: 'not_started', reason: event.reason };
    case 'log':
      return {};
  }
}

function largest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function smallest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
