import { join } from 'node:path';
import type { BaseModel, LoraAdapter } from '@codebase-gardener/lora';
import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { startLlamaCpp } from '../models/llama-cpp/llama-cpp.js';
import { atStrength } from '../models/runtime/at-strength.js';
import { requireModel } from '../models/store/require-model.js';
import { startEmbedder } from '../retrieval/embedding/choose-embedder.js';
import { ProjectIndex } from '../retrieval/index/project-index.js';
import { baseOfAdapter } from '../training/adapters/adapter-base.js';
import {
  adapterStrength,
  GGUF_FILE,
  loadAdapter,
  readScorecard,
  runOf,
  saveScorecard,
} from '../training/adapters/adapter-store.js';
import { openBase } from '../training/adapters/open-base.js';
import { gapBase } from '../training/data/gaps/gap-examples.js';
import type { RunData } from '../training/data/run-data.js';
import { measureEditSimilarity, measureGapSimilarity } from '../training/evaluation/edit-similarity.js';
import { RETRIEVED_TOKENS, withRetrieval } from '../training/evaluation/retrieval-examples.js';
import { type SideOptions, scoreSide } from '../training/evaluation/score-side.js';
import { makeScorecard, type Scorecard, type SidePair } from '../training/evaluation/scorecard.js';
import type { SideScores } from '../training/evaluation/side-scores.js';
import { RunDirectory } from '../training/run-directory/run-directory.js';
import { givenOrNewestAdapter } from './which-adapter.js';

/** Lines that each of the four arms writes for the edit similarity. */
const WRITTEN_LINES = 40;
const RETRIEVED_CHUNKS = 6;

export interface EvaluateOptions {
  /** Version to evaluate. Defaults to the newest. */
  version?: number;
  /**
   * Also with retrieval, and with the edit similarity of written lines and gaps: minutes instead of seconds. Defaults
   * to false.
   */
  full?: boolean;
  signal?: AbortSignal;
  /** `total` is null while it cannot be told. */
  onProgress?: (label: string, done: number, total: number | null) => void;
}

interface Evaluation {
  garden: Garden;
  project: ProjectRecord;
  base: BaseModel;
  data: RunData;
  adapter: LoraAdapter;
  adapterFile: string;
  strength: number;
  options: EvaluateOptions;
}

/**
 * Scores an adapter again on its run's held-out code and writes its scorecard anew. Does not change which model
 * answers.
 * @throws GardenerError `training.no-such-adapter`, `training.no-held-out-data`, `training.model-missing`,
 *   `training.damaged-data`; LoraError `adapter.*`
 */
export async function evaluateProject(
  garden: Garden,
  project: ProjectRecord,
  options: EvaluateOptions = {},
): Promise<Scorecard> {
  const version = await givenOrNewestAdapter(garden.paths, project, options.version);
  const runId = await runOf(garden.paths, project.id, version);
  if (runId === null) throw noHeldOutData(project, version);
  await using base = await openBase(garden.paths, await baseOfAdapter(garden.paths, project, version));
  const directory = garden.paths.adapter(project.id, version);
  const run = new RunDirectory(garden.paths.run(project.id, runId));
  const data = await run.readData(base.tokenizer.vocabularySize);
  const strength = await servedStrength(garden, directory);
  const adapter = await loadAdapter(directory, base, strength);
  const adapterFile = join(directory, GGUF_FILE);
  const evaluation = { garden, project, base, data, adapter, adapterFile, strength, options };
  const plain = await scorePair(evaluation, data, options.full === true);
  const retrieval = options.full ? await scoreWithRetrieval(evaluation) : null;
  const scorecard = makeScorecard(plain, retrieval, {
    margin: garden.settings.gateMargin,
    adapterVersion: version,
    seed: data.manifest.seed,
    dataHash: data.manifest.hash,
    strength,
    strengthChoice: (await readScorecard(garden.paths, project.id, version))?.strengthChoice ?? null,
  });
  await saveScorecard(directory, scorecard);
  return scorecard;
}

/** At which an adapter answers where a question names no strength. */
async function servedStrength({ settings }: Garden, directory: string): Promise<number> {
  return settings.adapterStrength === 'auto' ? adapterStrength(directory) : settings.adapterStrength;
}

async function scorePair(evaluation: Evaluation, data: RunData, writeLines: boolean): Promise<SidePair> {
  const { garden, base, adapter, adapterFile, strength, options } = evaluation;
  const { threads } = garden.settings;
  const contextTokens = Math.max(1024, data.manifest.sequenceLength + 64);
  const startRuntime = async () =>
    atStrength(await startLlamaCpp(base.path, { threads, contextTokens }), strength);
  const shared = (side: string): Omit<SideOptions, 'adapter' | 'adapterFile'> => ({
    base,
    data,
    // General code, parity and stopping have nothing to do with retrieval.
    measureGeneral: data === evaluation.data,
    startRuntime: data === evaluation.data ? startRuntime : null,
    threads,
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (label, done, total) => options.onProgress?.(`${side}: ${label}`, done, total),
  });
  const plainBase = await scoreSide({ ...shared('base'), adapter: null, adapterFile: null });
  const plainAdapter = await scoreSide({ ...shared('adapter'), adapter, adapterFile, like: plainBase });
  if (!writeLines) return { base: plainBase, adapter: plainAdapter };
  const runtime = await startRuntime();
  const written = async (scores: SideScores, file: string | null, side: string): Promise<SideScores> => {
    const writing = (what: string) => ({
      maxLines: WRITTEN_LINES,
      ...(options.signal ? { signal: options.signal } : {}),
      onProgress: (done: number, total: number) => options.onProgress?.(`${side}: ${what}`, done, total),
    });
    const { heldOut } = data;
    const { tokenizer } = base;
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
      base: await written(plainBase, null, 'base'),
      adapter: await written(plainAdapter, adapterFile, 'adapter'),
    };
  } finally {
    await runtime.dispose();
  }
}

async function scoreWithRetrieval(evaluation: Evaluation): Promise<SidePair> {
  const { garden, project, base, data, options } = evaluation;
  const embedder = await startEmbedder(garden.settings, (id) => requireModel(garden.paths, id));
  const index = new ProjectIndex(garden.paths, project.id);
  try {
    const excludePaths = data.manifest.heldOut.files;
    const search = (query: string) => index.search(query, embedder, { k: RETRIEVED_CHUNKS, excludePaths });
    const heldOut = await withRetrieval(data.heldOut, search, base.tokenizer, options.signal);
    const { contextLength } = base.config;
    const sequenceLength = Math.min(contextLength, data.manifest.sequenceLength + RETRIEVED_TOKENS);
    return await scorePair(
      evaluation,
      { ...data, heldOut, manifest: { ...data.manifest, sequenceLength } },
      true,
    );
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
