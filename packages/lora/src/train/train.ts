import type { SessionOptions } from '../autodiff/session.js';
import { LoraError } from '../errors.js';
import type { Precision } from '../transformer/block-graphs.js';
import { type FrozenWeights, loadAllBlocks, loadFrozenWeights } from '../transformer/frozen-weights.js';
import { AdamW, clipGradient } from './adamw.js';
import { makeBatch } from './batch.js';
import { BlockTrainer, type TrainingWeights } from './block-trainer.js';
import { loadCheckpoint, saveCheckpoint, settingsHash } from './checkpoint.js';
import { collectGarbage } from './collect-garbage.js';
import { DataCursor } from './data-cursor.js';
import { hasExactIntegerProducts } from './integer-products.js';
import { LoraParameters } from './lora-parameters.js';
import { countTargets, type PackedRow, packExamples } from './packing.js';
import { quantizeWeights } from './quantized-weights.js';
import { scheduledLearningRate } from './schedule.js';
import { meanLoss, scoreRows } from './score.js';
import { Scorer } from './scorer.js';
import {
  type EndReason,
  type ResolvedOptions,
  resolveOptions,
  type TrainEvent,
  type TrainOptions,
} from './train-options.js';
import { TrainingPlan } from './training-plan.js';

/** Smallest relative fall of the validation loss that counts as an improvement. */
const MIN_IMPROVEMENT = 1e-3;

/**
 * Trains a LoRA adapter on the CPU. Yields an event for everything that happens; the last one, `train-end`,
 * carries the adapter: the best on the validation examples, not the last.
 *
 * The calling process computes: its event loop is blocked during a step, so run this in a process of its own. With a
 * checkpoint directory a run that was stopped or killed goes on where it was, to the same losses.
 * @throws LoraError `train.bad-option`, `train.no-examples`, `train.nothing-supervised`, `train.example-too-long`,
 *   `train.diverged`, `train.other-checkpoint`, `train.damaged-checkpoint`, `train.other-adapter`, `weights.*`
 */
export async function* train(given: TrainOptions): AsyncGenerator<TrainEvent> {
  const options = resolveOptions(given);
  const { base, seed, sequenceLength, rows, accumulation, signal } = options;
  const choice = await choosePrecision(options.precision);
  options.precision = choice.precision;
  yield { type: 'start', ...choice };

  // State: parameters, optimiser, place in the data, best state so far.
  const parameters = new LoraParameters(base.config, options.adapter);
  const optimizer = new AdamW(parameters.values.length, { weightDecay: options.weightDecay });
  parameters.initialize(seed);
  if (options.initialAdapter) parameters.load(options.initialAdapter);
  const run = await RunState.open(options, parameters, optimizer);
  if (run.step > 0) yield { type: 'resume', step: run.step };

  const frozen = options.frozen ?? (await loadFrozenWeights(base));
  const { spinning } = options;
  const sessions = { spinning, ...(options.threads ? { threads: options.threads } : {}) };
  const shape = { rows, sequenceLength };
  await using scorer = await Scorer.create(base.config, frozen, shape, options.adapter, sessions);
  const validation = new Validation(options, scorer, parameters);
  const weights = await loadTrainingWeights(options, choice.precision, frozen, sessions);
  // Memory that a graph gives back is taken again by the next node while the cache still holds it: without the arena the C library's
  // allocator wanders through memory in some runs, and such a run takes twice as long.
  const numbers = { ...sessions, arena: true, precision: choice.precision, keep: options.keep };
  await using trainer = await BlockTrainer.create(base.config, weights, shape, options.adapter, numbers);

  const rowsPerStep = rows * accumulation;
  const maxSteps = options.maxEpochs * Math.ceil(run.cursor.rowsPerEpoch / rowsPerStep);
  const plan = new TrainingPlan(options, maxSteps, run.elapsedMs);
  if (validation.exists && run.bestLoss === null) yield await run.evaluate(validation, plan);

  let reason: EndReason = 'steps';
  while (run.step < plan.steps) {
    const started = performance.now();
    const step = run.step + 1;
    const data = run.cursor.next(rowsPerStep);
    parameters.gradient.fill(0);
    const loss = await accumulate(trainer, parameters, data, [seed, 3, step]);
    const gradientNorm = clipGradient(parameters.gradient, options.maxGradientNorm);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw diverged(step);
    const learningRate = learningRateOf(options, step, plan.steps);
    optimizer.step(parameters.values, parameters.gradient, learningRate, step);
    run.step = step;
    if (options.keep) collectGarbage();

    const planned = plan.recordStep(step, performance.now() - started);
    const tokensPerSecond =
      (1000 * rowsPerStep * sequenceLength) / (plan.stepMs || performance.now() - started);
    if (planned) yield { type: 'plan', steps: plan.steps, tokensPerSecond };
    const progress = { step, steps: plan.steps, etaMs: plan.etaMs(step) };
    yield {
      type: 'step-end',
      ...progress,
      loss,
      gradientNorm,
      learningRate,
      tokensPerSecond,
      ...peakMemory(),
    };

    const last = step >= plan.steps || plan.isOver();
    if (validation.exists && (last || step % plan.evaluateEverySteps === 0)) {
      yield await run.evaluate(validation, plan);
      if (run.evaluationsSinceBest >= options.patience) reason = 'early-stop';
    }
    if (last && step < plan.steps) reason = 'budget';
    if (signal?.aborted) reason = 'aborted';
    if (options.checkpointDirectory && (run.isCheckpointDue() || reason === 'aborted')) {
      yield await run.save(plan, options.checkpointDirectory);
    }
    if (reason !== 'steps') break;
  }
  if (reason === 'steps' && options.steps === undefined && plan.steps < maxSteps) reason = 'budget';
  if (!validation.exists) run.keepAsBest(parameters.values);
  const adapter = parameters.toAdapter(run.best);
  const { step, bestStep, bestLoss: validationLoss } = run;
  yield { type: 'train-end', reason, adapter, step, bestStep, validationLoss };
}

/** The precision to train in, and why, one sentence. */
async function choosePrecision(
  wanted: Precision | 'auto',
): Promise<{ precision: Precision; reason: string }> {
  if (wanted !== 'auto') return { precision: wanted, reason: 'It was asked for.' };
  return (await hasExactIntegerProducts())
    ? { precision: 'int8', reason: 'This CPU multiplies 8-bit integers exactly.' }
    : { precision: 'float32', reason: 'This CPU does not multiply 8-bit integers exactly.' };
}

/** The blocks in the precision of training; 8-bit integers are calibrated on the first rows of the data. */
async function loadTrainingWeights(
  { base, train: examples, seed, rows, sequenceLength }: ResolvedOptions,
  precision: Precision,
  frozen: FrozenWeights,
  sessions: SessionOptions,
): Promise<TrainingWeights> {
  if (precision === 'float32') return { frozen, blocks: await loadAllBlocks(base), head: {} };
  const first = new DataCursor(examples, sequenceLength, seed).next(rows);
  const batch = makeBatch(first, rows, sequenceLength);
  return {
    frozen,
    ...(await quantizeWeights(base.config, frozen, batch, { rows, sequenceLength }, sessions)),
  };
}

/** Forward and backward over the rows of one step, in batches; returns the token-weighted mean loss. */
async function accumulate(
  trainer: BlockTrainer,
  parameters: LoraParameters,
  data: readonly PackedRow[],
  dropoutSeed: readonly number[],
): Promise<number> {
  const { rows, sequenceLength } = trainer.shape;
  const targets = Math.max(1, countTargets(data));
  let lossSum = 0;
  for (let start = 0; start < data.length; start += rows) {
    const batch = makeBatch(data.slice(start, start + rows), rows, sequenceLength);
    lossSum += await trainer.accumulateGradient(batch, parameters, 1 / targets, [...dropoutSeed, start]);
  }
  return lossSum / targets;
}

function learningRateOf(options: ResolvedOptions, step: number, steps: number): number {
  if (options.schedule === 'constant') return options.learningRate;
  const warmup = Math.min(options.warmupSteps, Math.ceil(steps / 10));
  return scheduledLearningRate(step, steps, warmup, options.learningRate);
}

/** The validation examples, packed once. */
class Validation {
  readonly #rows: PackedRow[];

  constructor(
    private readonly options: ResolvedOptions,
    private readonly scorer: Scorer,
    private readonly parameters: LoraParameters,
  ) {
    this.#rows = packExamples(options.validation, options.sequenceLength, null);
  }

  get exists(): boolean {
    return this.#rows.length > 0;
  }

  async loss(): Promise<number> {
    const { validation } = this.options;
    return meanLoss(await scoreRows(this.scorer, this.parameters, validation, this.#rows), validation);
  }
}

/** The state of a run that outlives the process: what a checkpoint holds. */
class RunState {
  step = 0;
  elapsedMs = 0;
  bestStep = 0;
  bestLoss: number | null = null;
  evaluationsSinceBest = 0;
  #savedAt = performance.now();

  private constructor(
    private readonly options: ResolvedOptions,
    private readonly hash: string,
    private readonly parameters: LoraParameters,
    private readonly optimizer: AdamW,
    public cursor: DataCursor,
    readonly best: Float32Array,
  ) {}

  static async open(
    options: ResolvedOptions,
    parameters: LoraParameters,
    optimizer: AdamW,
  ): Promise<RunState> {
    const { train: examples, sequenceLength, seed, checkpointDirectory } = options;
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
    const { step, elapsedMs, bestStep, bestLoss, evaluationsSinceBest } = saved;
    return Object.assign(run, { step, elapsedMs, bestStep, bestLoss, evaluationsSinceBest });
  }

  keepAsBest(values: Float32Array): void {
    this.best.set(values);
    this.bestStep = this.step;
    this.evaluationsSinceBest = 0;
  }

  async evaluate(validation: Validation, plan: TrainingPlan): Promise<TrainEvent> {
    const started = performance.now();
    const loss = await validation.loss();
    plan.recordEvaluation(performance.now() - started);
    const best = this.bestLoss === null || loss < this.bestLoss * (1 - MIN_IMPROVEMENT);
    if (best) {
      this.bestLoss = loss;
      this.keepAsBest(this.parameters.values);
    } else {
      this.evaluationsSinceBest++;
    }
    return { type: 'heldout-end', step: this.step, loss, best };
  }

  isCheckpointDue(): boolean {
    return performance.now() - this.#savedAt >= this.options.checkpointEveryMs;
  }

  async save(plan: TrainingPlan, directory: string): Promise<TrainEvent> {
    const { firstMoment, secondMoment } = this.optimizer;
    const { step, bestStep, bestLoss, evaluationsSinceBest, best } = this;
    const state = { step, bestStep, bestLoss, evaluationsSinceBest, elapsedMs: plan.elapsedMs };
    const tensors = { values: this.parameters.values, firstMoment, secondMoment, best };
    await saveCheckpoint(directory, this.hash, { ...state, cursor: this.cursor.position, ...tensors });
    this.#savedAt = performance.now();
    return { type: 'checkpoint-save', step };
  }
}

function peakMemory(): { peakMemoryBytes: number } {
  return { peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
}

function diverged(step: number): LoraError {
  return new LoraError('train.diverged', `The loss at step ${step} is not a number any more.`, {
    remedy: 'Train again with half the learning rate.',
    details: { step },
  });
}
