import type { TrainOptions } from './settings/train-options.js';

/** Steps measured before the first plan is made; the first of them is left out, it warms everything up. */
const MEASURED_STEPS = 4;
/** Steps whose median time stands for the run: recent enough to follow a machine that gets busy. */
const WINDOW = 15;
/** Evaluations a run is divided into, unless that would take more than a tenth of the time. */
const EVALUATIONS = 10;
const EVALUATION_SHARE = 0.1;

/** Decides how many steps fit and when to evaluate, from the time that steps and evaluations really take. */
export class TrainingPlan {
  /** Steps in all; an upper bound until measured. */
  steps: number;
  readonly #stepTimes: number[] = [];
  #evaluationMs = 0;
  #waitedMs = 0;
  #measured = 0;
  readonly #started = performance.now();

  /**
   * @param maxSteps steps that `maxEpochs` passes over the data take
   * @param elapsedBeforeMs time that a resumed run had used before
   */
  constructor(
    private readonly options: Pick<TrainOptions, 'steps' | 'budgetMs' | 'evaluation'>,
    maxSteps: number,
    private readonly elapsedBeforeMs: number,
  ) {
    this.steps = options.steps ?? maxSteps;
  }

  /** Time spent on the run; waiting for others is not. */
  get elapsedMs(): number {
    return this.elapsedBeforeMs + performance.now() - this.#started - this.#waitedMs;
  }

  /** Median time of the recent steps. */
  get stepMs(): number {
    const sorted = [...this.#stepTimes].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
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

  recordEvaluation(ms: number): void {
    this.#evaluationMs = ms;
  }

  /**
   * Records a step's time. When enough is known, plans the steps that fit into the budget, and again as the machine
   * turns out faster or slower.
   * @returns true when the number of steps has been planned for the first time
   */
  recordStep(step: number, ms: number): boolean {
    if (this.#measured++ > 0) this.#stepTimes.push(ms);
    if (this.#stepTimes.length > WINDOW) this.#stepTimes.shift();
    if (this.#measured < MEASURED_STEPS) return false;
    if (this.options.budgetMs && !this.options.steps) this.#fitBudget(step, this.options.budgetMs);
    return this.#measured === MEASURED_STEPS;
  }

  /** Whether another step would end after the budget. */
  isOver(): boolean {
    const { budgetMs } = this.options;
    return budgetMs !== undefined && this.elapsedMs + this.stepMs + this.#evaluationMs > budgetMs;
  }

  #maxSteps: number | null = null;

  #fitBudget(step: number, budgetMs: number): void {
    this.#maxSteps ??= this.steps;
    const perStep = this.stepMs + this.#evaluationMs / this.evaluateEverySteps;
    // One evaluation ends the run.
    const fitting = step + Math.floor((budgetMs - this.elapsedMs - this.#evaluationMs) / perStep);
    this.steps = Math.max(step, Math.min(this.#maxSteps, fitting));
  }
}
