import type { BaseModel, TargetModule } from '@codebase-gardener/lora';
import type { RunData } from '../../data/run-data.js';
import { MAX_GENERAL_LOSS_RISE } from '../../evaluation/gate.js';
import type { EngineSettings } from '../../run-directory/engine-settings.js';
import type { RunContext } from '../run-context.js';
import { CONTINUED_LEARNING_RATE } from './plan-refresh.js';

/** Below this width of its states a base wants the higher rate. */
const WIDE = 768;
const LEARNING_RATE = { narrow: 1.4e-3, wide: 3e-4 };

// Settings of the training that the user does not choose.
const WEIGHT_DECAY = 0.01;
const WARMUP_STEPS = 10;
const MAX_GRADIENT_NORM = 1;
const ROWS = 1;
/** A short training learns more from many steps of few tokens than from few of many (docs/recipe.md). */
const ACCUMULATION = 1;
const MAX_EPOCHS = 4;
const PATIENCE = 3;

/**
 * Of a training's time, what one look at validation code may take: there are three at least, and of a wide base on a
 * slow machine all of that code would take as long as a quarter of the steps.
 */
const VALIDATION_SHARE = 0.03;
/** Fewer tell states apart too badly. */
const MIN_VALIDATION_TOKENS = 1_000;

/** Rows whose gradients are put together for one step. */
export const ROWS_PER_STEP = ROWS * ACCUMULATION;

/**
 * A state with which the loss on general code has risen by more than this share is not kept while training. It is less
 * than what the gate allows at the end: training looks only at a sample of the general code, and the loss on all of it
 * may have risen more.
 */
export const MAX_SAMPLED_LOSS_RISE = 0.8 * MAX_GENERAL_LOSS_RISE;

/** What the built-in engine may take on another machine, whose free memory nobody knows here: bytes. */
const MEMORY_ELSEWHERE = 4e9;

/**
 * The highest learning rate of a schedule that suits a base: what a small one learns best from undoes a larger one
 * (docs/recipe.md).
 */
export function suitedLearningRate({ hiddenSize }: { hiddenSize: number }): number {
  return hiddenSize < WIDE ? LEARNING_RATE.narrow : LEARNING_RATE.wide;
}

/** What a new training is told: the user's settings, the run's options, and what is fixed. */
export function trainSettings(
  { garden, project, baseModel, options }: RunContext,
  input: {
    base: BaseModel;
    data: RunData;
    budgetMs: number;
    /** As measured when the base was scored. */
    msPerToken: number;
    targetModules: readonly TargetModule[];
  },
): EngineSettings {
  const { rank, alpha, dropout, learningRate, ...settings } = garden.settings;
  const { continuedFrom, sequenceLength } = input.data.manifest;
  return {
    schemaVersion: 1,
    baseModelFile: input.base.path,
    baseModelName: baseModel,
    adapter: { rank, alpha, dropout, targetModules: [...input.targetModules] },
    initialAdapter: continuedFrom === null ? null : garden.paths.adapter(project.id, continuedFrom),
    learningRate:
      (learningRate || suitedLearningRate(input.base.config)) *
      (continuedFrom === null ? 1 : CONTINUED_LEARNING_RATE),
    weightDecay: WEIGHT_DECAY,
    warmupSteps: WARMUP_STEPS,
    maxGradientNorm: MAX_GRADIENT_NORM,
    sequenceLength,
    rows: ROWS,
    accumulation: ACCUMULATION,
    budgetMs: input.budgetMs,
    maxEpochs: MAX_EPOCHS,
    firstEpoch: 'given',
    // A GPU or another machine has a pace of its own.
    validationTokens: isHere(options) ? validationTokens(input) : null,
    patience: PATIENCE,
    checkpointEveryMs: settings.checkpointEveryMs,
    seed: options.seed,
    // A machine of a cluster is not this one: it gives what was asked of it.
    threads: options.place === 'ray' ? settings.rayCpus : settings.threads,
    device: settings.engineDevice,
    precision: settings.enginePrecision,
    memoryBudgetBytes: settings.trainingMemoryMegabytes * 1e6 || memoryElsewhere(options),
    maxGeneralLossRise: MAX_SAMPLED_LOSS_RISE,
  };
}

/** Tokens of validation code that fit into their share of a training's time. */
export function validationTokens({ budgetMs, msPerToken }: { budgetMs: number; msPerToken: number }): number {
  return Math.max(MIN_VALIDATION_TOKENS, Math.floor((budgetMs * VALIDATION_SHARE) / msPerToken));
}

function isHere({ engine, place }: RunContext['options']): boolean {
  return engine === 'onnx' && place === 'local';
}

function memoryElsewhere({ engine, place }: RunContext['options']): number {
  return place === 'ray' && engine === 'onnx' ? MEMORY_ELSEWHERE : 0;
}
