import { type RunEvent, RunFollower } from '../../garden/runs/runs.js';
import type { SideScores } from '../evaluation/side-scores.js';
import type { RunContext } from './run-context.js';

/**
 * How much of a run's budget its events show as spent: the time from each start of the stage `training` to the last
 * event of that attempt. Preparing (models, index, examples), waiting, and time in which no process ran do not count. A
 * clock that was set back counts as no time at all, so that it takes nothing off what was spent before.
 * @returns milliseconds
 */
export function spentBudgetMs(events: readonly RunEvent[]): number {
  let spent = 0;
  let isTraining = false;
  let last = 0;
  for (const event of events) {
    // The runner writes its event about a dead worker when it notices the death, which may be late: the time up to
    // that event is not counted as work.
    if (event.type === 'run-start' || event.type === 'run-interrupt' || event.type === 'run-pause')
      isTraining = false;
    const time = Date.parse(event.time);
    if (isTraining) spent += Math.max(0, time - last);
    last = time;
    if (event.type === 'wait' || event.type === 'run-fail') isTraining = false;
    if (event.type === 'go-on' || (event.type === 'stage-start' && event.stage === 'training'))
      isTraining = true;
  }
  return spent;
}

/** Shares of the budget that measuring one side, base or adapter, may take. */
export const SCORING_SHARE = 0.06;
export const SERVING_SHARE = 0.1;
/** And what choosing the adapter's strength may take. */
export const STRENGTH_SHARE = 0.03;
/** And choosing whether related code is shown for completions. */
export const RETRIEVAL_SHARE = 0.03;
/** And comparing it with what answers now, where that has another base. */
export const ACROSS_BASES_SHARE = 0.06;

/** A clock over a run's budget that goes on where an interrupted attempt stopped. */
export class Budget {
  readonly #start = performance.now();

  /**
   * @param totalMs what the user gave, for training and evaluation together
   * @param spentBeforeMs from earlier attempts, see `spentBudgetMs`
   */
  constructor(
    readonly totalMs: number,
    readonly spentBeforeMs: number,
  ) {}

  /** What is left, in milliseconds; negative when overdrawn. */
  leftMs(): number {
    return this.totalMs - this.spentBeforeMs - (performance.now() - this.#start);
  }

  /**
   * What training may take when the adapter's evaluation is to follow; at least a quarter of the budget, where
   * measuring the base took longer than it should (a busy machine): a run that trained for a step or two would have
   * measured in vain.
   * @param changesBase whether what answers now has another base, and is to be measured too
   * @param base how long measuring the base took: the adapter's side computes a little more (its low-rank products)
   */
  trainingMs({ durationMs }: Pick<SideScores, 'durationMs'>, changesBase = false): number {
    const evaluationMs =
      (durationMs.scoring + durationMs.serving) * 1.2 +
      SAVE_MS +
      this.totalMs * (STRENGTH_SHARE + RETRIEVAL_SHARE + (changesBase ? ACROSS_BASES_SHARE : 0));
    const share = Math.min(this.totalMs * LEAST_TRAINING_SHARE, this.totalMs - this.spentBeforeMs);
    return Math.max(MIN_TRAINING_MS, share, this.leftMs() - evaluationMs);
  }
}

/** The budget of a run, less what its earlier attempts have spent. */
export async function openBudget({ directory, budgetMs }: RunContext): Promise<Budget> {
  const events: RunEvent[] = [];
  await new RunFollower(directory.path).refresh((event) => events.push(event));
  return new Budget(budgetMs, spentBudgetMs(events));
}

/**
 * Time for what the trainer does not count: loading the weights, writing the adapter in two formats, reading it back.
 */
const SAVE_MS = 5_000;
const LEAST_TRAINING_SHARE = 0.25;
/** Even when the budget is used up, training has this long: a step or two, so that the run can come to its end. */
const MIN_TRAINING_MS = 1_000;
