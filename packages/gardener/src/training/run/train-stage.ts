import { join } from 'node:path';
import type { BaseModel } from '@codebase-gardener/lora';
import { readJsonIfPresent, writeJson } from '../../garden/files/json-state.js';
import type { RunEventInput } from '../../garden/runs/runs.js';
import { startLlamaCpp } from '../../models/llama-cpp/llama-cpp.js';
import { holdsAdapter } from '../adapters/adapter-store.js';
import { engineOutput, type TrainingEngine, writeEngineSettingsOnce } from '../engines/engine.js';
import type { EngineEvent } from '../engines/engine-events.js';
import { onnxEngine } from '../engines/onnx.js';
import { MAX_GENERAL_LOSS_RISE } from '../evaluation/gate.js';
import { type SideOptions, type SideScores, scoreSide, sideScoresSchema } from '../evaluation/side-scores.js';
import { type Budget, SCORING_SHARE, SERVING_SHARE } from './budget.js';
import { courtesyOf } from './courtesy.js';
import { CONTINUED_LEARNING_RATE } from './refresh.js';
import type { RunContext } from './run-context.js';
import type { RunData } from './run-data.js';

const ENGINES: Readonly<Record<RunContext['options']['engine'], TrainingEngine>> = { onnx: onnxEngine };

/** Room for a question and its short answer, and for a window that is scored. */
const EVALUATION_CONTEXT_TOKENS = 1024;

/** Tokens compared with llama.cpp in a run, where the time allows. */
export const PARITY_POSITIONS = 1_000;

/** Settings of the trainer that the user does not choose. */
const WEIGHT_DECAY = 0.01;
const WARMUP_STEPS = 10;
const MAX_GRADIENT_NORM = 1;
const ROWS = 1;
const ACCUMULATION = 2;
/** Rows whose gradients are put together for one step. */
export const ROWS_PER_STEP = ROWS * ACCUMULATION;
const MAX_EPOCHS = 4;
const PATIENCE = 3;
/**
 * So far the loss on general code may rise in a state that is kept: less than the gate allows, since only a sample of
 * it is looked at while training.
 */
const MAX_SAMPLED_LOSS_RISE = 0.8 * MAX_GENERAL_LOSS_RISE;

/**
 * Scores the base model before training: its scores are needed anyway, and how long they take is what the adapter's
 * will take, so the training knows how much of the budget it may use. Kept in the run directory for a resumed run.
 */
export async function measureBaseline(
  context: RunContext,
  base: BaseModel,
  data: RunData,
  budget: Budget,
): Promise<SideScores> {
  const file = join(context.runDirectory, 'baseline.json');
  const known = await readJsonIfPresent(file, sideScoresSchema);
  if (known !== null) return known;
  const scores = await scoreSide({
    ...sideOptions(context, base, data),
    adapter: null,
    adapterFile: null,
    scoringLimitMs: budget.totalMs * SCORING_SHARE,
    servingLimitMs: budget.totalMs * SERVING_SHARE,
    parityPositions: PARITY_POSITIONS,
    onProgress: (label, done, total) =>
      context.report.progress('measuring the base model', done, total, label),
  });
  await writeJson(file, scores);
  return scores;
}

/** What both sides' scoring share. */
export function sideOptions(
  context: RunContext,
  base: BaseModel,
  data: RunData,
): Pick<SideOptions, 'base' | 'data' | 'startRuntime' | 'threads' | 'signal'> {
  const { threads } = context.garden.settings;
  const contextTokens = Math.max(EVALUATION_CONTEXT_TOKENS, data.manifest.sequenceLength);
  return {
    base,
    data,
    threads,
    signal: context.signal,
    startRuntime: () => startLlamaCpp(base.path, { threads, contextTokens }),
  };
}

/**
 * Trains, or goes on from the run's checkpoint; forwards the engine's events. An adapter that is already there is kept.
 */
export async function trainAdapter(
  context: RunContext,
  base: BaseModel,
  data: RunData,
  budgetMs: number,
): Promise<void> {
  const { garden, project, options, report, runDirectory, signal } = context;
  const { settings } = garden;
  if (await holdsAdapter(engineOutput(runDirectory))) return;
  const { continuedFrom } = data.manifest;
  await writeEngineSettingsOnce(runDirectory, {
    schemaVersion: 1,
    baseModelFile: base.path,
    baseModelName: project.baseModel,
    adapter: {
      rank: settings.rank,
      alpha: settings.alpha,
      dropout: settings.dropout,
      targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    },
    initialAdapter: continuedFrom === null ? null : garden.paths.adapter(project.id, continuedFrom),
    learningRate: settings.learningRate * (continuedFrom === null ? 1 : CONTINUED_LEARNING_RATE),
    weightDecay: WEIGHT_DECAY,
    warmupSteps: WARMUP_STEPS,
    maxGradientNorm: MAX_GRADIENT_NORM,
    sequenceLength: data.manifest.sequenceLength,
    rows: ROWS,
    accumulation: ACCUMULATION,
    budgetMs,
    maxEpochs: MAX_EPOCHS,
    patience: PATIENCE,
    checkpointEveryMs: settings.checkpointEveryMs,
    seed: options.seed,
    threads: settings.threads,
    memoryBudgetBytes: settings.trainingMemoryMegabytes * 1e6,
    maxGeneralLossRise: MAX_SAMPLED_LOSS_RISE,
  });
  const engine = ENGINES[options.engine];
  for await (const event of engine.run(runDirectory, signal, courtesyOf(settings))) {
    for (const reported of inReport(event)) await report.event(reported);
  }
  signal.throwIfAborted();
}

/** What of an engine's event goes into events.jsonl: figures as they are, the rest in a sentence. */
function inReport(event: EngineEvent): RunEventInput[] {
  const log = (message: string): RunEventInput[] => [{ type: 'log', message }];
  switch (event.type) {
    case 'plan':
    case 'step-end':
    case 'checkpoint-save':
    case 'wait':
    case 'go-on':
      return [event];
    case 'validation-end': {
      const { retainedRise, ...heldOut } = event;
      const forgets = retainedRise !== null && retainedRise > MAX_SAMPLED_LOSS_RISE;
      return [heldOut, ...(forgets ? log(forgetting(event.step, retainedRise)) : [])];
    }
    case 'start':
      return log(`Training in ${event.precision}: ${event.reason}`);
    case 'resume':
      return log(`Training goes on from step ${event.step}.`);
    case 'lighten':
      return log(
        `Memory is short: training goes on with ${event.rows} rows at once${event.keep ? '' : ', products computed again'}.`,
      );
    case 'turn-back':
      return log(
        `The loss exploded at step ${event.step}: training is back at step ${event.toStep} with ` +
          `${event.learningRateFactor} times the learning rate.`,
      );
    case 'train-end': {
      const early = earlyEnd(event);
      return early === null ? [] : log(early);
    }
  }
}

function forgetting(step: number, rise: number): string {
  return `At step ${step} the model forgets: its loss on general code is ${(rise * 100).toFixed(1)} % above the base model's. This state is not kept.`;
}

function earlyEnd({ reason, bestStep }: Extract<EngineEvent, { type: 'train-end' }>): string | null {
  if (reason === 'early-stop')
    return `Training ended early: the loss on validation files stopped falling after step ${bestStep}.`;
  if (reason === 'memory')
    return `Training ended early: there is too little memory to go on. What it learned up to step ${bestStep} is kept.`;
  return null;
}
