import { LoraError } from '../errors.js';
import { loadFrozenWeights } from '../transformer/decoder/frozen-weights.js';
import { makeBatch } from './batches/batch.js';
import { DataCursor } from './batches/data-cursor.js';
import { giveWay, rest } from './courtesy.js';
import { LoraParameters, parameterCount } from './lora-parameters.js';
import { ElasticTrainer } from './memory/elastic-trainer.js';
import { defaultMemoryBudget, planMemory } from './memory/memory-plan.js';
import type { TrainerShape } from './model-trainer.js';
import { AdamW, clippingFactor } from './optimizer/adamw.js';
import { LossWatch } from './optimizer/loss-watch.js';
import { scheduledLearningRate } from './optimizer/schedule.js';
import { choosePrecision } from './quantization/choose-precision.js';
import { trainingWeights } from './quantization/training-weights.js';
import { lockRunDirectory } from './run-lock.js';
import { RunState } from './run-state.js';
import { Scorer } from './scoring/scorer.js';
import {
  type EndReason,
  type ResolvedOptions,
  resolveOptions,
  type TrainEvent,
  type TrainOptions,
} from './train-options.js';
import { TrainingPlan } from './training-plan.js';
import { Validation } from './validation.js';

/** What the learning rate is multiplied by after the loss has exploded, once. */
const TURNED_BACK = 0.5;

/**
 * Trains a LoRA adapter on the CPU. Yields an event for everything that happens; the last one, `train-end`,
 * carries the adapter: the best on the validation examples, not the last.
 *
 * The calling process computes: its event loop is blocked during a step, so run this in a process of its own. With a
 * checkpoint directory a run that was stopped or killed goes on where it was, to the same losses.
 * When the loss explodes or is not a number any more, training goes back to its last checkpoint (or its start) and on
 * with half the learning rate, once.
 * @throws LoraError `train.bad-option`, `train.inexact-products`, `train.no-examples`,
 * `train.nothing-supervised`, `train.example-too-long`,
 *   `train.diverged` (a second time), `train.memory-budget`, `train.directory-in-use`, `train.other-checkpoint`,
 *   `train.damaged-checkpoint`, `train.other-adapter`, `weights.*`
 */
export async function* train(given: TrainOptions): AsyncGenerator<TrainEvent> {
  const options = resolveOptions(given);
  const { base, seed, sequenceLength, rows, accumulation, signal } = options;
  const choice = await choosePrecision(options.precision, options.largestWeightCode);
  const { precision, largestWeightCode } = choice;
  Object.assign(options, { precision, largestWeightCode });
  const memoryBudget = options.memoryBudgetBytes ?? defaultMemoryBudget();
  const wanted = {
    rows,
    sequenceLength,
    keep: options.keep,
    precision,
    adapter: options.adapter,
  };
  const planned = planMemory(base.config, wanted, memoryBudget);
  yield { type: 'start', precision, reason: choice.reason };
  if (planned !== wanted) yield lightened(planned);

  // State: parameters, optimiser, place in the data, best state so far.
  const size = parameterCount(base.config, options.adapter);
  const optimizer = new AdamW(size, { weightDecay: options.weightDecay });
  const parameters = new LoraParameters(base.config, options.adapter, optimizer);
  await using _lock = options.checkpointDirectory
    ? await lockRunDirectory(options.checkpointDirectory)
    : null;
  let run = await RunState.open(options, parameters, optimizer);
  if (run.step > 0) yield { type: 'resume', step: run.step };

  const frozen = options.frozen ?? (await loadFrozenWeights(base));
  const { spinning, memoryUsed = () => process.memoryUsage.rss() } = options;
  const sessions = { spinning, ...(options.threads ? { threads: options.threads } : {}) };
  const shape = { rows: planned.rows, sequenceLength };
  await using scorer = await Scorer.create(base.config, frozen, shape, options.adapter, sessions);
  const validation = new Validation(options, scorer, parameters);
  const first = new DataCursor(options.train, sequenceLength, seed).next(rows);
  const calibration = makeBatch(first, rows, sequenceLength);
  const weights = trainingWeights(base, frozen, precision, calibration, largestWeightCode, sessions);
  await using trainer = await ElasticTrainer.create(base.config, weights, sessions, planned, memoryBudget);

  const rowsPerStep = rows * accumulation;
  const maxSteps = options.maxEpochs * Math.ceil(run.cursor.rowsPerEpoch / rowsPerStep);
  const plan = new TrainingPlan(options, maxSteps, run.elapsedMs);
  if (validation.exists && run.bestLoss === null) yield await run.evaluate(validation, plan);

  let reason: EndReason = 'steps';
  let watch = new LossWatch();
  while (run.step < plan.steps) {
    yield* giveWay(options, run, plan);
    const started = performance.now();
    const step = run.step + 1;
    const data = run.cursor.next(rowsPerStep);
    parameters.clearGradient();
    const loss = await trainer.accumulate(parameters, data, [seed, 3, step]);
    const norm = optimizer.gradientNorm();
    if (watch.explodes(loss, norm)) {
      if (run.learningRateFactor < 1) throw diverged(step);
      run = await RunState.open(options, parameters, optimizer);
      run.learningRateFactor *= TURNED_BACK;
      watch = new LossWatch();
      if (options.checkpointDirectory) await run.save(plan, options.checkpointDirectory);
      yield { type: 'turn-back', step, toStep: run.step, learningRateFactor: run.learningRateFactor };
      if (validation.exists && run.bestLoss === null) yield await run.evaluate(validation, plan);
      continue;
    }
    const learningRate = run.learningRateFactor * learningRateOf(options, step, plan.steps);
    const factor = clippingFactor(norm, options.maxGradientNorm);
    optimizer.step(learningRate, step, factor);
    run.step = step;
    await rest(options, performance.now() - started);

    const fitted = plan.recordStep(step, performance.now() - started);
    const tokensPerSecond =
      (1000 * rowsPerStep * sequenceLength) / (plan.stepMs || performance.now() - started);
    if (fitted) yield { type: 'plan', steps: plan.steps, tokensPerSecond };
    const progress = { step, steps: plan.steps, etaMs: plan.etaMs(step) };
    yield {
      type: 'step-end',
      ...progress,
      loss,
      gradientNorm: norm,
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
    const relief = reason === 'steps' ? await trainer.relieve(step, memoryUsed()) : 'enough';
    if (relief === 'lighter') yield lightened(trainer.shape);
    if (relief === 'none') reason = 'memory';
    if (signal?.aborted) reason = 'aborted';
    const due = reason === 'aborted' || reason === 'memory' || (run.isCheckpointDue() && watch.calm);
    if (options.checkpointDirectory && due) {
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

function lightened({ rows, keep }: TrainerShape): TrainEvent {
  return { type: 'lighten', rows, keep };
}

function learningRateOf(options: ResolvedOptions, step: number, steps: number): number {
  if (options.schedule === 'constant') return options.learningRate;
  const warmup = Math.min(options.warmupSteps, Math.ceil(steps / 10));
  return scheduledLearningRate(step, steps, warmup, options.learningRate);
}

function peakMemory(): { peakMemoryBytes: number } {
  return { peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
}

function diverged(step: number): LoraError {
  return new LoraError(
    'train.diverged',
    `The loss exploded at step ${step}, with half the learning rate too.`,
    {
      remedy: 'Train again with a tenth of the learning rate.',
      details: { step },
    },
  );
}
