import { LoraError } from '../errors.js';
import { loadFrozenWeights } from '../transformer/decoder/frozen-weights.js';
import type { ModelGraphOptions } from '../transformer/decoder/model-graph.js';
import { makeBatch } from './batches/batch.js';
import { DataCursor } from './batches/data-cursor.js';
import { countTargets } from './batches/packing.js';
import { obstacleOf, rest, untilNoObstacle } from './courtesy.js';
import { ElasticTrainer } from './gradient/elastic-trainer.js';
import { planMemory } from './memory/memory-plan.js';
import { AdamW, clippingFactor } from './optimizer/adamw.js';
import { LoraParameters, parameterCount } from './optimizer/lora-parameters.js';
import { LossWatch } from './optimizer/loss-watch.js';
import { learningRateAt } from './optimizer/schedule.js';
import { trainingWeights } from './quantization/training-weights.js';
import { Scorer } from './scoring/scorer.js';
import type { TrainOptions } from './settings/train-options.js';
import { resolveSettings, type TrainSettings } from './settings/train-settings.js';
import { lockRunDirectory } from './state/run-lock.js';
import { RunState } from './state/run-state.js';
import type { EndReason, TrainEvent } from './train-events.js';
import { Training } from './training.js';
import { TrainingPlan } from './training-plan.js';
import { Validation } from './validation.js';

/** What the learning rate is multiplied by after the loss has exploded, once. */
const TURNED_BACK = 0.5;

/**
 * Trains a LoRA adapter on the CPU: `await train(options).result()` gives it, and `for await (const event of
 * train(options))` shows its progress; the last event, `train-end`, carries it too. It is the best on the validation
 * examples, not the last.
 *
 * The calling process computes: its event loop is blocked during a step, so run this in a process of its own. With a
 * checkpoint directory a run that was stopped or killed goes on where it was, to the same losses. When the loss
 * explodes or is not a number any more, training goes back to its last checkpoint (or its start) and on with half the
 * learning rate, once.
 * @throws LoraError, when the first event is asked for: `train.bad-option`, `train.inexact-products`,
 *   `train.no-examples`, `train.nothing-supervised`, `train.bad-example`, `train.example-too-long`,
 *   `train.memory-budget`, `train.directory-in-use`, `train.directory-unusable`, `train.other-checkpoint`,
 *   `train.damaged-checkpoint`, `train.other-adapter`, `weights.*`; later: `train.diverged` (the loss exploded a second
 *   time)
 */
export function train(options: TrainOptions): Training {
  return new Training(trainingEvents(options));
}

async function* trainingEvents(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const settings = await resolveSettings(options);
  const { base, batch, checkpoint, evaluation, machine, seed, signal } = settings;
  const wanted = gradientOf(settings);
  const planned = planMemory(wanted, machine.memoryBudgetBytes);
  yield { type: 'start', precision: machine.precision, reason: machine.reason };
  if (planned !== wanted) yield lightened(planned);

  // What is trained, and how far that has come.
  const size = parameterCount(base.config, settings.adapter);
  const optimizer = new AdamW(size, { weightDecay: settings.optimizer.weightDecay });
  const parameters = new LoraParameters(base.config, settings.adapter, optimizer);
  await using _lock = checkpoint ? await lockRunDirectory(checkpoint.directory) : null;
  let run = await RunState.open(settings, parameters, optimizer);
  if (run.step > 0) yield { type: 'resume', step: run.step };

  // What measures it, and what computes its gradient.
  const frozen = await loadFrozenWeights(base);
  const sessions = sessionsOf(settings);
  await using scorer = await Scorer.create(base.config, frozen, planned.batch, settings.adapter, sessions);
  const validation = new Validation(settings, scorer, parameters);
  const weights = trainingWeights(settings, frozen, calibrationBatch(settings), sessions);
  await using trainer = await ElasticTrainer.create(weights, sessions, planned, machine.memoryBudgetBytes);

  const rowsPerStep = batch.rows * batch.accumulation;
  const maxSteps = settings.maxEpochs * Math.ceil(firstEpoch(settings).rowsPerEpoch / rowsPerStep);
  const plan = new TrainingPlan(settings, maxSteps, run);
  if (validation.exists && run.step === 0 && !run.isEvaluated) yield await evaluate(run, validation, plan);

  let reason: EndReason = 'steps';
  // The first rows may be easier than what follows.
  const usualLoss = run.bestLoss ?? 0;
  let watch = new LossWatch(usualLoss);
  while (run.step < plan.steps) {
    yield* giveWay(settings, run, plan);
    const started = performance.now();
    const step = run.step + 1;
    const rows = run.cursor.next(rowsPerStep);
    parameters.clearGradient();
    const loss = await trainer.accumulate(parameters, rows, [seed, 3, step]);
    const gradientNorm = optimizer.gradientNorm();
    if (watch.explodes(loss, gradientNorm, countTargets(rows))) {
      if (run.learningRateFactor < 1) throw diverged(step);
      run = await run.turnBack(TURNED_BACK);
      watch = new LossWatch(usualLoss);
      plan.turnBack(run.step);
      await run.save(plan);
      const { step: toStep, learningRateFactor } = run;
      yield { type: 'turn-back', step, toStep, learningRateFactor };
      continue;
    }
    const learningRate = run.learningRateFactor * learningRateAt(step, plan.steps, settings.optimizer);
    optimizer.step(learningRate, step, clippingFactor(gradientNorm, settings.optimizer.maxGradientNorm));
    run.step = step;
    await rest(machine.courtesy, performance.now() - started, signal);

    const stepMs = performance.now() - started;
    const fitted = plan.recordStep(step, stepMs);
    const { steps } = plan;
    const tokensPerSecond = (1000 * rowsPerStep * batch.sequenceLength) / (plan.stepMs || stepMs);
    if (fitted) yield { type: 'plan', steps, tokensPerSecond };
    const pace = { tokensPerSecond, etaMs: plan.etaMs(step), peakMemoryBytes: peakMemoryBytes() };
    yield { type: 'step-end', step, steps, loss, gradientNorm, learningRate, ...pace };

    const last = step >= plan.steps || plan.isOver();
    if (validation.exists && (last || plan.isEvaluationDue(step))) {
      yield await evaluate(run, validation, plan);
      if (run.evaluationsSinceBest >= evaluation.patience) reason = 'early-stop';
    }
    if (last && step < plan.steps) reason = 'budget';
    const goesOn = reason === 'steps' && !last;
    const relief = goesOn ? await trainer.relieve(step, machine.memoryUsed()) : 'enough';
    if (relief === 'lighter') yield lightened(trainer.shape);
    if (relief === 'none') reason = 'memory';
    if (signal?.aborted) reason = 'aborted';
    const unfinished = reason === 'aborted' || reason === 'memory';
    if (unfinished || (run.isCheckpointDue() && watch.calm)) yield* save(run, plan);
    if (reason !== 'steps') break;
  }
  if (reason === 'steps' && settings.steps === undefined && plan.steps < maxSteps) reason = 'budget';
  if (!validation.exists) run.keepAsBest();
  const { step, bestStep, bestLoss: validationLoss } = run;
  yield {
    type: 'train-end',
    adapter: parameters.toAdapter(run.best),
    reason,
    step,
    bestStep,
    validationLoss,
  };
}

/** The graph that is wanted for the gradient. */
function gradientOf({ base, adapter, trainedBlocks, batch, machine }: TrainSettings): ModelGraphOptions {
  const { rows, sequenceLength } = batch;
  const { precision, activations } = machine;
  const graph = { config: base.config, adapter, batch: { rows, sequenceLength }, precision, activations };
  return trainedBlocks === undefined ? graph : { ...graph, trainedBlocks };
}

function sessionsOf({ machine: { spinning, threads } }: TrainSettings) {
  return threads === undefined ? { spinning } : { spinning, threads };
}

/** The data from its start, also where a run is resumed in a later epoch, which may have a row more or less. */
function firstEpoch(settings: TrainSettings): DataCursor {
  return new DataCursor(settings.examples, settings.batch.sequenceLength, settings);
}

/** The first rows: 8-bit weights are made even for the activations that these show. */
function calibrationBatch(settings: TrainSettings) {
  const { rows, sequenceLength } = settings.batch;
  return makeBatch(firstEpoch(settings).next(rows), rows, sequenceLength);
}

async function evaluate(run: RunState, validation: Validation, plan: TrainingPlan): Promise<TrainEvent> {
  // The base model is measured once a run: that is not what an evaluation costs, by which evaluations are planned.
  await validation.measureBase();
  const started = performance.now();
  const { strength, loss, retainedRise, forgets } = await validation.measure();
  plan.recordEvaluation(run.step, performance.now() - started);
  const best = run.recordEvaluation({ strength, loss, forgets });
  return { type: 'validation-end', step: run.step, strength, loss, best, retainedRise };
}

/**
 * Waits while there is an obstacle: with a checkpoint, since nobody knows for how long, or until the run is stopped.
 */
async function* giveWay(
  { machine: { courtesy }, signal }: TrainSettings,
  run: RunState,
  plan: TrainingPlan,
): AsyncGenerator<TrainEvent> {
  const started = performance.now();
  const reason = await obstacleOf(courtesy);
  if (reason === null) return;
  yield { type: 'wait', reason };
  yield* save(run, plan);
  await untilNoObstacle(courtesy, signal);
  plan.recordWait(performance.now() - started);
  yield { type: 'go-on' };
}

async function* save(run: RunState, plan: TrainingPlan): AsyncGenerator<TrainEvent> {
  if (await run.save(plan)) yield { type: 'checkpoint-save', step: run.step };
}

function lightened({ batch, activations, singleCopy = false }: ModelGraphOptions): TrainEvent {
  return { type: 'lighten', rows: batch.rows, activations, singleCopy };
}

function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function diverged(step: number): LoraError {
  const message = `The loss exploded at step ${step}, with half the learning rate too.`;
  return new LoraError('train.diverged', message, {
    remedy: 'Train again with a tenth of the learning rate.',
    details: { step },
  });
}
