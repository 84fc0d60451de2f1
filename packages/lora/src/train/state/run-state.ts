import { DataCursor } from '../batches/data-cursor.js';
import type { AdamW } from '../optimizer/adamw.js';
import type { LoraParameters } from '../optimizer/lora-parameters.js';
import type { TrainSettings } from '../settings/train-settings.js';
import { loadCheckpoint, type PlanState, saveCheckpoint } from './checkpoint.js';
import { settingsHash } from './settings-hash.js';

/** Smallest relative fall of the validation loss that counts as an improvement. */
const MIN_IMPROVEMENT = 1e-3;

/** What an evaluation found of a state. */
export interface StateScore {
  /** The share of the state's effect that was measured. */
  strength: number;
  /** On the validation examples, nats a target token. */
  loss: number;
  /** Whether that much of it forgets more than it may: then it is never the best. */
  forgets: boolean;
}

/** The state of a run that outlives the process: what a checkpoint holds. */
export class RunState {
  step = 0;
  elapsedMs = 0;
  bestStep = 0;
  bestLoss: number | null = null;
  evaluationsSinceBest = 0;
  /** 1, or what the learning rate has been multiplied by since the loss exploded. */
  learningRateFactor = 1;
  /** The plan that the checkpoint was saved with; null without one. */
  plan: PlanState | null = null;
  #savedAt = performance.now();

  private constructor(
    private readonly settings: TrainSettings,
    private readonly hash: string,
    private readonly parameters: LoraParameters,
    private readonly optimizer: AdamW,
    public cursor: DataCursor,
    /** Values of the best state. */
    readonly best: Float32Array,
  ) {}

  /**
   * The run as its checkpoint holds it, else at its start; parameters and optimiser are set to that.
   * @throws LoraError `train.other-checkpoint`, `train.damaged-checkpoint`, `train.other-adapter`
   */
  static async open(
    settings: TrainSettings,
    parameters: LoraParameters,
    optimizer: AdamW,
  ): Promise<RunState> {
    const hash = settings.checkpoint ? await settingsHash(settings) : '';
    return RunState.#restore(settings, hash, parameters, optimizer);
  }

  /**
   * The run as it was when last saved, else at its start, with the learning rate made smaller by a factor. The best
   * state found since stays the best.
   */
  async turnBack(factor: number): Promise<RunState> {
    const run = await RunState.#restore(this.settings, this.hash, this.parameters, this.optimizer);
    run.learningRateFactor *= factor;
    if (this.bestLoss !== null && (run.bestLoss === null || this.bestLoss < run.bestLoss)) {
      run.best.set(this.best);
      run.bestLoss = this.bestLoss;
      run.bestStep = this.bestStep;
      run.evaluationsSinceBest = 0;
    }
    return run;
  }

  /** Whether a state has been evaluated. */
  get isEvaluated(): boolean {
    return this.bestLoss !== null || this.evaluationsSinceBest > 0;
  }

  static async #restore(
    settings: TrainSettings,
    hash: string,
    parameters: LoraParameters,
    optimizer: AdamW,
  ): Promise<RunState> {
    const { examples, batch, seed, checkpoint, initialAdapter } = settings;
    parameters.initialize(seed);
    if (initialAdapter) parameters.load(initialAdapter);
    optimizer.firstMoment.fill(0);
    optimizer.secondMoment.fill(0);
    const cursor = new DataCursor(examples, batch.sequenceLength, settings);
    const run = new RunState(settings, hash, parameters, optimizer, cursor, parameters.values.slice());
    const size = parameters.values.length;
    const saved = checkpoint ? await loadCheckpoint(checkpoint.directory, hash, size) : null;
    if (!saved) return run;
    parameters.values.set(saved.values);
    optimizer.firstMoment.set(saved.firstMoment);
    optimizer.secondMoment.set(saved.secondMoment);
    run.best.set(saved.best);
    run.cursor = new DataCursor(examples, batch.sequenceLength, settings, saved.cursor);
    const { step, elapsedMs, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor } = saved;
    const counters = { step, elapsedMs, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor };
    return Object.assign(run, counters, { plan: saved.plan ?? null });
  }

  /** Takes the values as they are now for the best ones, or less of their effect. */
  keepAsBest(strength = 1): void {
    this.best.set(strength === 1 ? this.parameters.values : this.parameters.valuesAt(strength));
    this.bestStep = this.step;
    this.evaluationsSinceBest = 0;
  }

  /**
   * Takes note of an evaluation, and of the values, at the strength that was measured, when they are the best so far.
   * @returns whether they are
   */
  recordEvaluation({ strength, loss, forgets }: StateScore): boolean {
    const lower = this.bestLoss === null || loss < this.bestLoss * (1 - MIN_IMPROVEMENT);
    const best = lower && !forgets;
    if (best) {
      this.bestLoss = loss;
      this.keepAsBest(strength);
    } else if (this.step >= this.bestStep) {
      // After turning back, a state that has learned for less long than the best one is not expected to be better.
      this.evaluationsSinceBest++;
    }
    return best;
  }

  /** Whether the last checkpoint is old enough for another; never without a directory. */
  isCheckpointDue(): boolean {
    const { checkpoint } = this.settings;
    return checkpoint !== undefined && performance.now() - this.#savedAt >= checkpoint.everyMs;
  }

  /** Saves the run, where it has a directory. @returns whether it has. @throws LoraError `weights.write-failed` */
  async save({ elapsedMs, state: plan }: { elapsedMs: number; state: PlanState }): Promise<boolean> {
    const { checkpoint } = this.settings;
    if (!checkpoint) return false;
    const { firstMoment, secondMoment } = this.optimizer;
    const { step, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor, best } = this;
    const counters = { step, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor };
    const state = { ...counters, elapsedMs, plan, cursor: this.cursor.position };
    const tensors = { values: this.parameters.values, firstMoment, secondMoment, best };
    await saveCheckpoint(checkpoint.directory, this.hash, { ...state, ...tensors });
    this.#savedAt = performance.now();
    return true;
  }
}
