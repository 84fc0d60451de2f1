import type { BaseModel } from '@codebase-gardener/lora';
import { type RunEvent, type RunEventInput, RunFollower } from '../../garden/runs/runs.js';
import { GGUF_FILE, loadAdapter, saveAdapter, saveScorecard } from '../adapters/adapter-store.js';
import { engineOutput, readEngineSettings } from '../engines/engine.js';
import { makeScorecard, type Scorecard } from '../evaluation/scorecard.js';
import { type SideScores, scoreSide } from '../evaluation/side-scores.js';
import { Budget, spentBudgetMs } from './budget.js';
import { prepareRun } from './prepare-process.js';
import { type RunContext, requireModel } from './run-context.js';
import { hasRunData, type RunData, readRunData } from './run-data.js';
import { measureBaseline, PARITY_POSITIONS, sideOptions, trainAdapter } from './train-stage.js';

/** An index run: brings the index up to date, and nothing else. */
export async function indexRun(context: RunContext): Promise<void> {
  const { report } = context;
  await report.event({ type: 'stage-start', stage: 'preparing' });
  const reason = (await prepareRun(context)) ?? '';
  await report.event({ type: 'run-complete', reason, adapterVersion: null, promoted: false });
}

/**
 * A training run from the codebase to the gate. Every stage leaves its outcome in the run directory, so a run that was
 * killed goes on where it was: data/ (made once), baseline.json, checkpoint/, output/, the saved adapter.
 */
export async function trainRun(context: RunContext): Promise<void> {
  const { garden, project, report, runDirectory } = context;
  const { loadBaseModel } = await import('@codebase-gardener/lora');
  const earlier = await eventsSoFar(runDirectory);
  await report.event({ type: 'stage-start', stage: 'preparing' });
  const model = await requireModel(context, project.baseModel);
  if (!(await hasRunData(runDirectory))) {
    const reason = await prepareRun(context);
    if (reason !== null) return await report.event(withoutTraining(context, reason));
  }
  const base = await loadBaseModel(model.weights);
  try {
    const data = await readRunData(runDirectory, base.tokenizer.vocabularySize);

    await report.event({ type: 'stage-start', stage: 'training' });
    const budgetMs = context.options.budgetMs ?? garden.settings.budgetMs;
    const budget = new Budget(budgetMs, spentBudgetMs(earlier));
    const baseline = await measureBaseline(context, base, data, budget);
    const baselineMs = baseline.durationMs.scoring + baseline.durationMs.serving;
    await trainAdapter(context, base, data, budget.trainingMs(baselineMs));

    const scorecard = await evaluateRun(context, base, data, baseline);
    const { promoted, reason, adapterVersion } = scorecard;
    await report.event({ type: 'run-complete', reason, adapterVersion, promoted });
  } finally {
    await base[Symbol.asyncDispose]();
  }
}

/** The last event of a run that trains nothing: a refresh has done its work with the index. */
function withoutTraining({ options }: RunContext, reason: string): RunEventInput {
  return options.refresh
    ? { type: 'run-complete', reason, adapterVersion: null, promoted: false }
    : { type: 'run-not-started', reason };
}

/**
 * Saves what was trained as the next version, scores it as read back from disk, and promotes it if the gate says so.
 */
async function evaluateRun(
  context: RunContext,
  base: BaseModel,
  data: RunData,
  baseline: SideScores,
): Promise<Scorecard> {
  const { garden, project, options, report } = context;
  await report.event({ type: 'stage-start', stage: 'evaluating' });
  const saved = await saveTrained(context, base, data);
  const adapter = await scoreSide({
    ...sideOptions(context, base, data),
    adapter: await loadAdapter(saved.directory, base),
    adapterFile: `${saved.directory}/${GGUF_FILE}`,
    like: baseline,
    parityPositions: PARITY_POSITIONS,
    onProgress: (label, done, total) => report.progress('measuring the adapter', done, total, label),
  });
  const { continuedFrom } = data.manifest;
  const predecessor =
    continuedFrom === null ? null : await scorePredecessor(context, base, data, baseline, continuedFrom);
  const facts = {
    margin: garden.settings.gateMargin,
    adapterVersion: saved.version,
    seed: options.seed,
    dataHash: data.manifest.hash,
  };
  const scorecard = makeScorecard({ base: baseline, adapter }, null, facts, predecessor);
  await saveScorecard(saved.directory, scorecard);
  await report.event({ type: 'evaluation-end', scorecard });
  if (scorecard.promoted) await garden.registry.update(project.id, { promotedAdapter: saved.version });
  return scorecard;
}

/** Saves what the engine left, with the settings it was trained with. */
async function saveTrained(context: RunContext, base: BaseModel, data: RunData) {
  const { garden, project, description, options, runDirectory } = context;
  const { adapter, learningRate, sequenceLength, seed } = await readEngineSettings(runDirectory);
  const { rank, alpha, dropout } = adapter;
  const { continuedFrom } = data.manifest;
  return saveAdapter(garden.paths, project.id, engineOutput(runDirectory), base, project.baseModel, {
    runId: description.id,
    dataHash: data.manifest.hash,
    commit: data.manifest.commit,
    settings: {
      engine: options.engine,
      seed,
      rank,
      alpha,
      dropout,
      learningRate,
      sequenceLength,
      continuedFrom,
    },
  });
}

/** Scores the adapter that training went on from, on what the new one was scored on. */
async function scorePredecessor(
  context: RunContext,
  base: BaseModel,
  data: RunData,
  baseline: SideScores,
  version: number,
) {
  const { garden, project, report } = context;
  const scores = await scoreSide({
    ...sideOptions(context, base, data),
    adapter: await loadAdapter(garden.paths.adapter(project.id, version), base),
    adapterFile: null,
    startRuntime: null,
    like: baseline,
    measureGeneral: false,
    onProgress: (label, done, total) => report.progress(`measuring adapter ${version}`, done, total, label),
  });
  return { version, scores };
}

async function eventsSoFar(runDirectory: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  await new RunFollower(runDirectory).refresh((event) => events.push(event));
  return events;
}
