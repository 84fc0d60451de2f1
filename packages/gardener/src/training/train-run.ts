import type { BaseModel } from '@codebase-gardener/lora';
import { type RunEvent, RunFollower } from '../garden/runs.js';
import { GGUF_FILE, loadAdapter, saveAdapter, saveScorecard } from './adapter-store.js';
import { Budget, spentBudgetMs } from './budget.js';
import { makeRunData } from './data-stage.js';
import { engineOutput } from './engines/engine.js';
import { indexCodebase } from './index-stage.js';
import { type RunContext, requireModel } from './run-context.js';
import { hasRunData, type RunData, readRunData } from './run-data.js';
import { makeScorecard, type Scorecard } from './scorecard.js';
import { type SideScores, scoreSide } from './side-scores.js';
import { measureBaseline, PARITY_POSITIONS, sideOptions, trainAdapter } from './train-stage.js';

/** An index run: brings the index up to date, and nothing else. */
export async function indexRun(context: RunContext): Promise<void> {
  const { report } = context;
  await report.event({ type: 'stage-start', stage: 'preparing' });
  const { files } = await indexCodebase(context);
  const reason = `${files.length} files are indexed.`;
  await report.event({ type: 'run-complete', reason, adapterVersion: null, promoted: false });
}

/**
 * A training run from the codebase to the gate. Every stage leaves its outcome in the run directory, so a run that was killed goes on
 * where it was: data/ (made once), baseline.json, checkpoint/, output/, the saved adapter.
 */
export async function trainRun(context: RunContext): Promise<void> {
  const { garden, project, report, runDirectory } = context;
  const { loadBaseModel } = await import('@codebase-gardener/lora');
  const earlier = await eventsSoFar(runDirectory);
  await report.event({ type: 'stage-start', stage: 'preparing' });
  const model = await requireModel(context, project.baseModel);
  const base = await loadBaseModel(model.weights);
  try {
    if (!(await hasRunData(runDirectory))) {
      const tooSmall = await makeRunData(context, await indexCodebase(context), base);
      if (tooSmall !== null) return await report.event({ type: 'run-not-started', reason: tooSmall });
    }
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
    await base.close();
  }
}

/** Saves what was trained as the next version, scores it as read back from disk, and promotes it if the gate says so. */
async function evaluateRun(
  context: RunContext,
  base: BaseModel,
  data: RunData,
  baseline: SideScores,
): Promise<Scorecard> {
  const { garden, project, description, options, report, runDirectory } = context;
  await report.event({ type: 'stage-start', stage: 'evaluating' });
  const { rank, alpha, dropout, learningRate, sequenceLength } = garden.settings;
  const saved = await saveAdapter(
    garden.paths,
    project.id,
    engineOutput(runDirectory),
    base,
    project.baseModel,
    {
      runId: description.id,
      dataHash: data.manifest.hash,
      commit: data.manifest.commit,
      settings: {
        engine: options.engine,
        seed: options.seed,
        rank,
        alpha,
        dropout,
        learningRate,
        sequenceLength,
      },
    },
  );
  const adapter = await scoreSide({
    ...sideOptions(context, base, data),
    adapter: await loadAdapter(saved.directory, base),
    adapterFile: `${saved.directory}/${GGUF_FILE}`,
    like: baseline,
    parityPositions: PARITY_POSITIONS,
    onProgress: (label, done, total) => report.progress('measuring the adapter', done, total, label),
  });
  const scorecard = makeScorecard({ base: baseline, adapter }, null, {
    margin: garden.settings.gateMargin,
    adapterVersion: saved.version,
    seed: options.seed,
    dataHash: data.manifest.hash,
  });
  await saveScorecard(saved.directory, scorecard);
  await report.event({ type: 'evaluation-end', scorecard });
  if (scorecard.promoted) await garden.registry.update(project.id, { promotedAdapter: saved.version });
  return scorecard;
}

async function eventsSoFar(runDirectory: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  await new RunFollower(runDirectory).refresh((event) => events.push(event));
  return events;
}
