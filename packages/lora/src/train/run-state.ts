import { DataCursor } from './batches/data-cursor.js';
import { loadCheckpoint, saveCheckpoint, settingsHash } from './checkpoint.js';
import type { LoraParameters } from './lora-parameters.js';
import type { AdamW } from './optimizer/adamw.js';
import type { ResolvedOptions, TrainEvent } from './train-options.js';
import type { TrainingPlan } from './training-plan.js';
import type { Validation } from './validation.js';

/** Smallest relative fall of the validation loss that counts as an improvement. */
const MIN_IMPROVEMENT = 1e-3;

/** The state of a run that outlives the process: what a checkpoint holds. */
export class RunState {
  step = 0;
  elapsedMs = 0;
  bestStep = 0;
  bestLoss: number | null = null;
  evaluationsSinceBest = 0;
  /** 1, or what the learning rate has been multiplied by since the loss exploded. */
  learningRateFactor = 1;
  #savedAt = performance.now();

  private constructor(
    private readonly options: ResolvedOptions,
    private readonly hash: string,
    private readonly parameters: LoraParameters,
    private readonly optimizer: AdamW,
    public cursor: DataCursor,
    readonly best: Float32Array,
  ) {}

  /** The run as its checkpoint holds it, else at its start; parameters and optimiser are set to that. */
  static async open(
    options: ResolvedOptions,
    parameters: LoraParameters,
    optimizer: AdamW,
  ): Promise<RunState> {
    const { train: examples, sequenceLength, seed, checkpointDirectory } = options;
    parameters.initialize(seed);
    if (options.initialAdapter) parameters.load(options.initialAdapter);
    optimizer.firstMoment.fill(0);
    optimizer.secondMoment.fill(0);
    const hash = settingsHash(options);
    const cursor = new DataCursor(examples, sequenceLength, seed);
    const run = new RunState(options, hash, parameters, optimizer, cursor, parameters.values.slice());
    const size = parameters.values.length;
    const saved = checkpointDirectory ? await loadCheckpoint(checkpointDirectory, hash, size) : null;
    if (!saved) return run;
    parameters.values.set(saved.values);
    optimizer.firstMoment.set(saved.firstMoment);
    optimizer.secondMoment.set(saved.secondMoment);
    run.best.set(saved.best);
    run.cursor = new DataCursor(examples, sequenceLength, seed, saved.cursor);
    const { step, elapsedMs, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor } = saved;
    const counters = { step, elapsedMs, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor };
    return Object.assign(run, counters);
  }

  keepAsBest(values: Float32Array): void {
    this.best.set(values);
    this.bestStep = this.step;
    this.evaluationsSinceBest = 0;
  }

  async evaluate(validation: Validation, plan: TrainingPlan): Promise<TrainEvent> {
    // Once a run: not what an evaluation costs, by which they are planned.
    await validation.prepare();
    const started = performance.now();
    const { loss, retainedRise, forgets } = await validation.measure();
    plan.recordEvaluation(performance.now() - started);
    const lower = this.bestLoss === null || loss < this.bestLoss * (1 - MIN_IMPROVEMENT);
    const best = lower && !forgets;
    if (best) {
      this.bestLoss = loss;
      this.keepAsBest(this.parameters.values);
    } else {
      this.evaluationsSinceBest++;
    }
    return { type: 'heldout-end', step: this.step, loss, best, retainedRise };
  }

  isCheckpointDue(): boolean {
    return performance.now() - this.#savedAt >= this.options.checkpointEveryMs;
  }

  async save(plan: TrainingPlan, directory: string): Promise<TrainEvent> {
    const { firstMoment, secondMoment } = this.optimizer;
    const { step, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor, best } = this;
    const counters = { step, bestStep, bestLoss, evaluationsSinceBest, learningRateFactor };
    const state = { ...counters, elapsedMs: plan.elapsedMs };
    const tensors = { values: this.parameters.values, firstMoment, secondMoment, best };
    await saveCheckpoint(directory, this.hash, { ...state, cursor: this.cursor.position, ...tensors });
    this.#savedAt = performance.now();
    return { type: 'checkpoint-save', step };
  }
}
