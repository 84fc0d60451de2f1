import type { TrainOptions } from './settings/train-options.js';
import type { PlanState } from './state/checkpoint.js';

/** Steps measured before the first plan is made; the first of them is left out, it warms everything up. */
const MEASURED_STEPS = 4;
/** Steps whose median time stands for the run: recent enough to follow a machine that gets busy. */
const WINDOW = 15;
/** Evaluations a run is divided into, unless that would take more than a tenth of the time. */
const EVALUATIONS = 10;
const EVALUATION_SHARE = 0.1;

/** Where a run stands when it is planned. */
export interface PlannedRun {
  step: number;
  /** Time it had used before it was resumed. */
  elapsedMs: number;
  /** Null where there was none: at the start, and in checkpoints of earlier releases. */
  plan: PlanState | null;
}

/** Decides how many steps fit and when to evaluate, from the time that steps and evaluations really take. */
export class TrainingPlan {
  /** Steps in all; an upper bound until measured. */
  steps: number;
  readonly #stepTimes: number[] = [];
  #evaluationMs = 0;
  #waitedMs = 0;
  #measured = 0;
  #isResumed = false;
  #evaluatedAt: number;
  readonly #started = performance.now();
  readonly #elapsedBeforeMs: number;

  /** @param maxSteps steps that `maxEpochs` passes over the data take */
  constructor(
    private readonly options: Pick<TrainOptions, 'steps' | 'budgetMs' | 'evaluation'>,
    private readonly maxSteps: number,
    { step, elapsedMs, plan }: PlannedRun = { step: 0, elapsedMs: 0, plan: null },
  ) {
    this.steps = options.steps ?? maxSteps;
    this.#elapsedBeforeMs = elapsedMs;
    if (plan !== null) this.#goOn(step, plan);
    this.#evaluatedAt = plan?.evaluatedAt ?? step - (step % this.evaluateEverySteps);
  }

  /** Time spent on the run; waiting for others is not. */
  get elapsedMs(): number {
    return this.#elapsedBeforeMs + performance.now() - this.#started - this.#waitedMs;
  }

  /** Median time of the recent steps. */
  get stepMs(): number {
    const sorted = [...this.#stepTimes].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  /** What a checkpoint keeps of it. */
  get state(): PlanState {
    const { steps, stepMs } = this;
    return { steps, stepMs, evaluationMs: this.#evaluationMs, evaluatedAt: this.#evaluatedAt };
  }

  /** Steps between evaluations. */
  get evaluateEverySteps(): number {
    const fixed = this.options.evaluation?.everySteps;
    if (fixed !== undefined) return fixed;
    const affordable = this.stepMs > 0 ? this.#evaluationMs / (EVALUATION_SHARE * this.stepMs) : 1;
    return Math.max(1, Math.ceil(this.steps / EVALUATIONS), Math.ceil(affordable));
  }

  /** Time left by the plan, ms. */
  etaMs(step: number): number {
    const left = Math.max(0, this.steps - step);
    return left * this.stepMs + Math.ceil(left / this.evaluateEverySteps) * this.#evaluationMs;
  }

  recordWait(ms: number): void {
    this.#waitedMs += ms;
  }

  recordEvaluation(step: number, ms: number): void {
    this.#evaluatedAt = step;
    this.#evaluationMs = ms;
  }

  /** Takes note that the run has gone back to a step. */
  turnBack(step: number): void {
    this.#evaluatedAt = Math.min(this.#evaluatedAt, step);
  }

  /** Whether to evaluate after a step: so many after the last time, however often the plan has changed since. */
  isEvaluationDue(step: number): boolean {
    return step - this.#evaluatedAt >= this.evaluateEverySteps;
  }

  /**
   * Records a step's time. When enough is known, plans the steps that fit into the budget, and again as the machine
   * turns out faster or slower.
   * @returns true when the number of steps has been planned for the first time
   */
  recordStep(step: number, ms: number): boolean {
    if (this.#measured++ > 0) this.#stepTimes.push(ms);
    if (this.#stepTimes.length > WINDOW) this.#stepTimes.shift();
    if (this.#measured >= MEASURED_STEPS || this.#isResumed) this.#fitBudget(step);
    return this.#measured === MEASURED_STEPS;
  }

  /** Whether another step would end after the budget. */
  isOver(): boolean {
    const { budgetMs } = this.options;
    return budgetMs !== undefined && this.elapsedMs + this.stepMs + this.#evaluationMs > budgetMs;
  }

  /** Takes up the plan of a run that had measured its steps. */
  #goOn(step: number, { steps, stepMs, evaluationMs }: PlanState): void {
    this.#evaluationMs = evaluationMs;
    if (stepMs === 0) return;
    this.#isResumed = true;
    // As many as are looked at: a step or two of another pace do not change the plan.
    for (let i = 0; i < WINDOW; i++) this.#stepTimes.push(stepMs);
    if (!this.#isFitted) return;
    this.steps = Math.min(this.maxSteps, steps);
    // The budget may be another now. A run that was not at its end has another step, and with it a last evaluation.
    const least = Math.min(this.steps, step + 1);
    this.#fitBudget(step);
    this.steps = Math.max(least, this.steps);
  }

  /** Whether the budget decides how many steps there are. */
  get #isFitted(): boolean {
    return this.options.budgetMs !== undefined && this.options.steps === undefined;
  }

  #fitBudget(step: number): void {
    const { budgetMs = 0 } = this.options;
    if (!this.#isFitted) return;
    const perStep = this.stepMs + this.#evaluationMs / this.evaluateEverySteps;
    // One evaluation ends the run.
    const fitting = step + Math.floor((budgetMs - this.elapsedMs - this.#evaluationMs) / perStep);
    this.steps = Math.max(step, Math.min(this.maxSteps, fitting));
  }
}
