import type { BaseModel } from '@codebase-gardener/lora';
import { asKnownError } from '../../garden/errors/wire-error.js';
import { trainingPlaces } from '../../garden/runner/training-places.js';
import { takeTrainingTurn } from '../../garden/runner/training-turn.js';
import { locateRun, projectName, type RunEventInput, readRunState } from '../../garden/runs/runs.js';
import { openBase, readBaseFacts } from '../adapters/open-base.js';
import type { RunData } from '../data/run-data.js';
import { openBudget } from './budget.js';
import { waitForMemory } from './machine/wait-for-memory.js';
import { prepareApart } from './prepare-process.js';
import type { Preparation } from './prepare-protocol.js';
import type { RunContext } from './run-context.js';
import { applyGate } from './stages/apply-gate.js';
import { compareWithCurrent } from './stages/compare-with-current.js';
import { indexCodebase, updateIndex } from './stages/index-codebase.js';
import { makeRunExamples } from './stages/make-examples.js';
import { promote } from './stages/promote.js';
import { type SavedAdapter, saveTrained } from './stages/save-adapter.js';
import { scoreAdapter } from './stages/score-adapter.js';
import { scoreBase } from './stages/score-base.js';
import { settleRetrieval } from './stages/settle-retrieval.js';
import { settleStrength } from './stages/settle-strength.js';
import { trainAdapter } from './stages/train-adapter.js';

/*
 * What a run does, in order. Each stage is a file of stages/: `(run, input) => Promise<output>`, where `run` is what
 * all stages work with and `input` what the stages before it have made.
 *
 *     index -> examples            `prepare`, in a process of its own
 *                 |
 *                 v
 *     score base -> train -> save -> strength -> retrieval -> score adapter -> gate -> promote   `trainAndJudge`
 *
 * A stage leaves its outcome in the run directory and does not do again what it finds there (see `RunDirectory`), so a
 * run that was killed goes on where it was.
 */

/** The code of an error that tells of a process the work needs: it ended by itself, also after it was started again. */
export const CHILD_DIED = /-died$/;

/**
 * A run from its first stage to its last, which depends on what it was asked for and on what the codebase gives.
 * @returns the run's last event
 */
export async function runPipeline(run: RunContext): Promise<RunEventInput> {
  await run.report.event({ type: 'stage-start', stage: 'preparing' });
  const isPrepared = await run.directory.hasData();
  const preparation: Preparation = isPrepared ? { kind: 'ready' } : await prepareApart(run);
  switch (preparation.kind) {
    case 'ready':
      return trainAndJudge(run);
    case 'too-small':
      return { type: 'run-not-started', reason: preparation.reason };
    case 'adapter-stays':
      return withoutAdapter(preparation.reason);
    case 'indexed':
      return withoutAdapter(`${preparation.files} files are indexed.`);
  }
}

/** Brings the index up to date and, of a training run, makes its examples. */
export async function prepare(run: RunContext): Promise<Preparation> {
  if (run.description.kind === 'index') return { kind: 'indexed', files: await updateIndex(run) };
  // First: a base that cannot be trained after all (`add` and `train` look at it) leaves an index to search in.
  const codebase = await indexCodebase(run);
  const base = await readBaseFacts(run.garden.paths, run.baseModel);
  return makeRunExamples(run, { codebase, base });
}

async function trainAndJudge(run: RunContext): Promise<RunEventInput> {
  const { garden, project, baseModel, directory, report, options } = run;
  const places = await trainingPlaces(garden.paths);
  const other = await takeTrainingTurn(garden.paths, directory.path, places);
  if (other !== null) return { type: 'run-queue', reason: await waitingFor(run, other) };
  await using base = await openBase(garden.paths, baseModel);
  const data = await directory.readData(base.tokenizer.vocabularySize);

  // What trains elsewhere takes no memory here.
  if (places > 1 && options.place === 'local')
    await waitForMemory(run, await lightestTraining(run, base, data));
  await report.event({ type: 'stage-start', stage: 'training' });
  const budget = await openBudget(run);
  const baseScores = await scoreBase(run, { base, data, budget });
  const budgetMs = budget.trainingMs(baseScores, project.baseModel !== baseModel);
  const trained = await trainAdapter(run, { base, data, budgetMs, baseScores });

  await report.event({ type: 'stage-start', stage: 'evaluating' });
  const saved = await saveTrained(run, { base, data, trained });
  try {
    const choice = await settleStrength(run, { base, data, saved, baseScores });
    const { strength } = choice;
    const retrieval = await settleRetrieval(run, { base, data, saved, strength, baseScores });
    const adapterScores = await scoreAdapter(run, { base, data, saved, strength, baseScores });
    const across = await compareWithCurrent(run, { data, saved });
    const measured = { baseScores, adapterScores, across };
    const scorecard = await applyGate(run, { data, saved, choice, retrieval, ...measured });
    return await promote(run, scorecard);
  } catch (error) {
    return await keptUnmeasured(run, saved, error);
  }
}

/** What training takes at least, bytes; 0 where another process than this one trains and minds its own memory. */
async function lightestTraining(
  { options, garden }: RunContext,
  base: BaseModel,
  { manifest: { sequenceLength } }: RunData,
): Promise<number> {
  if (options.engine !== 'onnx') return 0;
  const { trainingMemory } = await import('@codebase-gardener/lora');
  const { rank } = garden.settings;
  return trainingMemory({
    ...{ base, adapter: { rank }, batch: { sequenceLength, rows: 1 } },
    machine: { memoryBudgetBytes: 1 },
  });
}

async function waitingFor({ garden }: RunContext, otherRun: string): Promise<string> {
  const name = await projectName(garden.paths, locateRun(otherRun).projectId);
  return `Indexed and prepared; training begins when that of ${name} has ended.`;
}

/**
 * What was trained is not lost where llama.cpp cannot run: the adapter stays, and nothing answers with it.
 * @throws what it is given, where that is another failure or the run will be taken up once more
 */
async function keptUnmeasured(run: RunContext, saved: SavedAdapter, error: unknown): Promise<RunEventInput> {
  const known = run.signal.aborted ? null : asKnownError(error);
  if (known === null || !known.code.startsWith('models.')) throw error;
  const { interruptions } = await readRunState(run.directory.path);
  if (CHILD_DIED.test(known.code) && interruptions === 0) throw error;
  const { version } = saved;
  const reason =
    `Adapter ${version} is kept and not promoted, because llama.cpp could not run it: ${known.message} ` +
    `Once it runs, measure it with: gardener evaluate ${run.project.name} --adapter ${version}`;
  return { type: 'run-complete', reason, adapterVersion: version, promoted: false };
}

function withoutAdapter(reason: string): RunEventInput {
  return { type: 'run-complete', reason, adapterVersion: null, promoted: false };
}
