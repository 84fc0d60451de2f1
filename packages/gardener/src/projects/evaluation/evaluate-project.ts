import { join } from 'node:path';
import type { BaseModel, LoraAdapter } from '@codebase-gardener/lora';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { startLlamaCpp } from '../../models/llama-cpp/llama-cpp.js';
import { atStrength } from '../../models/runtime/at-strength.js';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import { requireModel } from '../../models/store/require-model.js';
import { startEmbedder } from '../../retrieval/embedding/choose-embedder.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { baseOfAdapter } from '../../training/adapters/adapter-base.js';
import {
  adapterStrength,
  GGUF_FILE,
  loadAdapter,
  readScorecard,
  runOf,
  saveScorecard,
} from '../../training/adapters/adapter-store.js';
import { openBase } from '../../training/adapters/open-base.js';
import { gapBase } from '../../training/data/gaps/gap-examples.js';
import type { RunData } from '../../training/data/run-data.js';
import { leakedShare } from '../../training/evaluation/leaked-code.js';
import { RETRIEVED_TOKENS, withRetrieval } from '../../training/evaluation/retrieval-examples.js';
import { scoreSide } from '../../training/evaluation/score-side.js';
import { makeScorecard, type Scorecard, type SidePair } from '../../training/evaluation/scorecard.js';
import type { SideScores } from '../../training/evaluation/side-scores.js';
import {
  measureEditSimilarity,
  measureGapSimilarity,
} from '../../training/evaluation/statistics/edit-similarity.js';
import type { TwoByTwo } from '../../training/evaluation/two-by-two/two-by-two.js';
import { RunDirectory } from '../../training/run-directory/run-directory.js';
import { requireCodebase } from '../require-codebase.js';
import { givenOrNewestAdapter } from '../which-adapter.js';
import { type EvaluationPlan, planEvaluation } from './evaluation-plan.js';
import { compareFourWays } from './four-ways.js';
import { EvaluationJournal, JOURNAL_FILE } from './journal.js';

/** Lines that each of the four arms writes for the edit similarity. */
const WRITTEN_LINES = 40;
const RETRIEVED_CHUNKS = 6;

export interface EvaluateOptions {
  /** Version to evaluate. Defaults to the newest. */
  version?: number;
  /**
   * Everything: all held-out files, with and without retrieval, the edit similarity of written lines and gaps, and
   * completions in four ways at 300 places, which takes many minutes. Defaults to false: what fits into less than a
   * minute. One that is stopped goes on where it was.
   */
  full?: boolean;
  /**
   * At so many places of held-out files that the gate has not seen, or as many as there are, completions of base and
   * adapter are compared with related code and without. Defaults to 300 with `full`, else to none.
   */
  places?: number;
  /** Without `full` it should take no longer. Defaults to 50 s. */
  limitMs?: number;
  signal?: AbortSignal;
  /** Told before it begins. */
  onPlan?: (plan: EvaluationPlan) => void;
  /** Told once the first places say how long all of them take, `known` of which were measured before. */
  onPlaces?: (told: { places: number; known: number; leftMs: number }) => void;
  /** `total` is null while it cannot be told; so is what is left. */
  onProgress?: (label: string, done: number, total: number | null, leftMs?: number | null) => void;
}

/** What an evaluation found. */
export interface Evaluated {
  scorecard: Scorecard;
  /** Whether all held-out files were scored. */
  isWhole: boolean;
  /** Whether it is the adapter's scorecard now: one of some files takes the place of none, not of one of all. */
  isKept: boolean;
}

interface Evaluation {
  garden: Garden;
  project: ProjectRecord;
  base: BaseModel;
  data: RunData;
  adapter: LoraAdapter;
  adapterFile: string;
  options: EvaluateOptions;
  startRuntime: () => Promise<GenerationRuntime>;
}

const DEFAULT_LIMIT_MS = 50_000;
/** Places where completions are compared in four ways in a full evaluation. */
export const FULL_PLACES = 300;
/** Of the time, where the base must be measured first, each part of its measuring. */
const BASE_SCORING_SHARE = 0.25;
const BASE_SERVING_SHARE = 0.15;

/**
 * Scores an adapter again on its run's held-out code; what the run measured of the base is not measured again. Where
 * all of it was scored, or there is none yet, its scorecard is written anew. Does not change which model answers.
 * @throws GardenerError `training.no-such-adapter`, `training.no-held-out-data`, `training.model-missing`,
 *   `training.damaged-data`, `training.codebase-away`; LoraError `adapter.*`
 */
export async function evaluateProject(
  garden: Garden,
  project: ProjectRecord,
  options: EvaluateOptions = {},
): Promise<Evaluated> {
  const { full, places } = wantedOf(options);
  const version = await givenOrNewestAdapter(garden.paths, project, options.version);
  if (places > 0) await requireCodebase(project);
  const runId = await runOf(garden.paths, project.id, version);
  if (runId === null) throw noHeldOutData(project, version);
  await using base = await openBase(garden.paths, await baseOfAdapter(garden.paths, project, version));
  const directory = garden.paths.adapter(project.id, version);
  const run = new RunDirectory(garden.paths.run(project.id, runId));
  const data = await run.readData(base.tokenizer.vocabularySize);
  const { threads } = garden.settings;
  const strength = await servedStrength(garden, directory);
  const longest = data.manifest.sequenceLength + (full ? RETRIEVED_TOKENS : 0);
  const contextTokens = Math.max(1024, longest + 64);
  const evaluation: Evaluation = {
    ...{ garden, project, base, data, options },
    adapter: await loadAdapter(directory, base, strength),
    adapterFile: join(directory, GGUF_FILE),
    startRuntime: async () => {
      const setup = { threads, contextTokens, whole: true, copies: garden.paths.modelCopies };
      return atStrength(await startLlamaCpp(base.path, setup), strength);
    },
  };
  const known = await knownScores(run, data);
  const baseScores = known ?? (await measureBase(evaluation));
  const limitMs = full ? Number.POSITIVE_INFINITY : (options.limitMs ?? DEFAULT_LIMIT_MS);
  // What had to be measured first was cut to fit already.
  const plan = planEvaluation(
    baseScores,
    known === null ? Number.POSITIVE_INFINITY : limitMs,
    data.manifest.seed,
  );
  options.onPlan?.(plan);
  const of = JSON.stringify([version, strength, data.manifest.hash]);
  const isLong = full || places > 0;
  const journal = isLong ? await EvaluationJournal.open(join(directory, JOURNAL_FILE), of) : null;
  const { plain, retrieval, twoByTwo } = await measureAdapter(evaluation, baseScores, plan, journal);
  const before = await readScorecard(garden.paths, project.id, version);
  const facts = {
    ...{ margin: garden.settings.gateMargin, adapterVersion: version },
    ...{ seed: data.manifest.seed, dataHash: data.manifest.hash },
    // What the run compared it with beside the base holds as well as before.
    ...{
      leaked: leakedShare(data),
      strength,
      strengthChoice: before?.strengthChoice ?? null,
      retrievalChoice: before?.retrievalChoice ?? null,
      acrossBases: before?.acrossBases ?? null,
      twoByTwo: twoByTwo ?? (before?.strength === strength ? before.twoByTwo : null),
    },
  };
  const isWhole = plan.files.length === plan.ofFiles;
  // What it was continued from was scored on all files: beside the loss on some of them it says nothing.
  const predecessor = isWhole ? (before?.predecessor ?? null) : null;
  const scorecard = makeScorecard(plain, retrieval, facts, predecessor);
  const isKept = isWhole || before === null;
  if (isKept) await saveScorecard(directory, scorecard);
  else if (twoByTwo !== null) await saveScorecard(directory, { ...before, twoByTwo });
  await journal?.finish({ full });
  return { scorecard, isWhole, isKept };
}

/** What a caller wants measured. */
function wantedOf({ full = false, places = full ? FULL_PLACES : 0 }: EvaluateOptions) {
  return { full, places };
}

/** All that is wanted of the adapter, beside what the base scored. @param journal null where it is short */
async function measureAdapter(
  evaluation: Evaluation,
  baseScores: SideScores,
  plan: EvaluationPlan,
  journal: EvaluationJournal | null,
): Promise<{ plain: SidePair; retrieval: SidePair | null; twoByTwo: TwoByTwo | null }> {
  const { full, places } = wantedOf(evaluation.options);
  const score = () => scoreAdapter(evaluation, baseScores, plan);
  if (journal === null) return { plain: await score(), retrieval: null, twoByTwo: null };
  const plain = full
    ? await journal.part('plain', async () => writeBoth(evaluation, evaluation.data, await score()))
    : await score();
  const twoByTwo = places === 0 ? null : await fourWays(evaluation, journal, places);
  const retrieval = full
    ? await journal.part('retrieval', () => scoreWithRetrieval(evaluation, baseScores))
    : null;
  return { plain, retrieval, twoByTwo };
}

function fourWays(
  { garden, project, base, data, adapterFile, startRuntime, options }: Evaluation,
  journal: EvaluationJournal,
  count: number,
): Promise<TwoByTwo | null> {
  const { signal, onPlaces, onProgress } = options;
  return compareFourWays(garden, project, {
    ...{ base, data, adapterFile, startRuntime, journal, count },
    ...(signal && { signal }),
    ...(onPlaces && { onPlaces }),
    ...(onProgress && { onProgress }),
  });
}

/** At which an adapter answers where a question names no strength. */
async function servedStrength({ settings }: Garden, directory: string): Promise<number> {
  return settings.adapterStrength === 'auto' ? adapterStrength(directory) : settings.adapterStrength;
}

/** What the run has measured of the base, on the same held-out files; null where that is not known. */
async function knownScores(run: RunDirectory, { heldOut }: RunData): Promise<SideScores | null> {
  const scores = await run.readBaseScores().catch(() => null);
  const isSame = scores?.files.length === heldOut.length;
  return isSame && scores.files.every(({ path }, index) => path === heldOut[index]?.path) ? scores : null;
}

function measureBase(evaluation: Evaluation): Promise<SideScores> {
  const { startRuntime, options } = evaluation;
  const { full } = wantedOf(options);
  const { limitMs = DEFAULT_LIMIT_MS } = options;
  return scoreSide({
    ...sideOptions(evaluation, 'base'),
    ...{ adapter: null, adapterFile: null, startRuntime },
    ...(!full && {
      scoringLimitMs: limitMs * BASE_SCORING_SHARE,
      servingLimitMs: limitMs * BASE_SERVING_SHARE,
    }),
  });
}

/** Scores the adapter on the files of the plan, beside what the base scored on them. */
async function scoreAdapter(
  evaluation: Evaluation,
  baseScores: SideScores,
  { files, measuresGeneral, servingLimitMs }: EvaluationPlan,
): Promise<SidePair> {
  const { adapter, adapterFile, data, startRuntime } = evaluation;
  const of = <T>(all: readonly T[]): T[] => files.flatMap((index) => all.slice(index, index + 1));
  // Completions are drawn from all files in turn: of some files they would be others.
  const uses = measuresGeneral ? baseScores.uses : null;
  const base = { ...baseScores, files: of(baseScores.files), uses };
  const scores = await scoreSide({
    ...sideOptions(evaluation, 'adapter'),
    ...{ adapter, adapterFile, startRuntime, like: base, measureGeneral: measuresGeneral, servingLimitMs },
    data: { ...data, heldOut: of(data.heldOut) },
  });
  return { base, adapter: scores };
}

function sideOptions({ garden, base, data, options }: Evaluation, side: string) {
  return {
    ...{ base, data, threads: garden.settings.threads },
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (label: string, done: number, total: number | null) =>
      options.onProgress?.(`${side}: ${label}`, done, total),
  };
}

/** Adds to both sides how near what they write comes to the true lines and gaps. */
async function writeBoth(
  { base: { tokenizer }, adapterFile, options, startRuntime }: Evaluation,
  { heldOut }: RunData,
  { base, adapter }: SidePair,
): Promise<SidePair> {
  const runtime = await startRuntime();
  const written = async (scores: SideScores, file: string | null, side: string): Promise<SideScores> => {
    const writing = (what: string) => ({
      maxLines: WRITTEN_LINES,
      ...(options.signal ? { signal: options.signal } : {}),
      onProgress: (done: number, total: number) => options.onProgress?.(`${side}: ${what}`, done, total),
    });
    const lines = await measureEditSimilarity(runtime, file, heldOut, tokenizer, writing('writing lines'));
    const gaps = await measureGapSimilarity(
      runtime,
      file,
      heldOut,
      gapBase(tokenizer),
      writing('filling gaps'),
    );
    return { ...scores, editSimilarity: lines, gapSimilarity: gaps };
  };
  try {
    return {
      base: await written(base, null, 'base'),
      adapter: await written(adapter, adapterFile, 'adapter'),
    };
  } finally {
    await runtime.dispose();
  }
}

/** @param like what was scored without retrieval: the same is scored with it */
async function scoreWithRetrieval(evaluation: Evaluation, like: SideScores): Promise<SidePair> {
  const { garden, project, base, data, options } = evaluation;
  const embedder = await startEmbedder(garden.settings, (id) => requireModel(garden.paths, id));
  const index = new ProjectIndex(garden.paths, project.id);
  try {
    const excludePaths = data.manifest.heldOut.files;
    const search = (query: string) => index.search(query, embedder, { k: RETRIEVED_CHUNKS, excludePaths });
    const heldOut = await withRetrieval(data.heldOut, search, base.tokenizer, options.signal);
    const { contextLength } = base.config;
    const sequenceLength = Math.min(contextLength, data.manifest.sequenceLength + RETRIEVED_TOKENS);
    const retrieved = { ...data, heldOut, manifest: { ...data.manifest, sequenceLength } };
    // General code, parity and stopping have nothing to do with retrieval.
    const shared = { data: retrieved, measureGeneral: false, startRuntime: null };
    const plainBase = await scoreSide({
      ...sideOptions(evaluation, 'base'),
      ...shared,
      ...{ adapter: null, adapterFile: null, like },
    });
    const { adapter, adapterFile } = evaluation;
    const plainAdapter = await scoreSide({
      ...sideOptions(evaluation, 'adapter'),
      ...shared,
      ...{ adapter, adapterFile, like: plainBase },
    });
    return await writeBoth(evaluation, retrieved, { base: plainBase, adapter: plainAdapter });
  } finally {
    index.close();
    await embedder.dispose();
  }
}

function noHeldOutData({ name }: ProjectRecord, version: number): GardenerError {
  return new GardenerError(
    'training.no-held-out-data',
    `Adapter ${version} of ${name} was not trained here, so there is no code that is known to be held out from it.`,
    { remedy: `Train one here to compare: gardener train ${name}.` },
  );
}
