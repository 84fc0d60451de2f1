import { basename, isAbsolute } from 'node:path';
import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { startLlamaCpp } from '../models/llama-cpp/llama-cpp.js';
import {
  localModels,
  type ModelOnDisk,
  modelOnDisk,
  usedFiles,
  weightBytes,
} from '../models/store/model-store.js';
import { requireModel } from '../models/store/require-model.js';
import { adapterStrength } from '../training/adapters/adapter-store.js';
import { compareApart } from '../training/evaluation/compare/compare-process.js';
import type { ComparedTexts, MeasuredBase } from '../training/evaluation/compare/compare-protocol.js';
import type { ComparedText } from '../training/evaluation/compare/compared-texts.js';
import { type Comparison, writeComparison } from '../training/evaluation/compare/comparison.js';
import { chooseSides } from './compared-sides.js';
import { makeComparison, type Outcome } from './make-comparison.js';
import { requireCodebase } from './require-codebase.js';

/** Time for one base where nothing else is said. */
export const DEFAULT_COMPARE_BUDGET_MS = 60_000;
/** Shares of that time; what is left goes into opening the base and into llama.cpp. */
const SCORING_SHARE = 0.4;
const GAP_SHARE = 0.25;
const TRAINING_SHARE = 0.2;
/** Seed of the split and of the order of the texts: two comparisons of one state are of the same texts. */
const SEED = 1;
/** Written to see how fast answers are. */
const WRITTEN_TOKENS = 32;

/** What to compare, and how long it may take. */
export interface CompareOptions {
  /** Ids of the catalogue or GGUF files. Defaults to every base on disk. */
  bases?: readonly string[];
  /** Time for one base, ms; a large one takes longer to open. Defaults to a minute. */
  budgetMs?: number;
  signal?: AbortSignal;
  /** `total` is null while it cannot be told, `leftMs` before the first base. */
  onProgress?: (label: string, done: number, total: number | null, leftMs: number | null) => void;
}

/**
 * Measures every base on disk on the same held-out files of a project, one after the other, each in a process of its
 * own, and keeps the outcome in the project's directory.
 * @throws GardenerError `training.codebase-away`, `codebase.*`, `training.nothing-to-compare`,
 *   `training.model-missing`; the signal's reason when aborted. A base that cannot be measured is told in its row.
 */
export async function compareBases(
  garden: Garden,
  project: ProjectRecord,
  options: CompareOptions = {},
): Promise<Comparison> {
  await requireCodebase(project);
  const models = await chosenModels(garden, project, options.bases);
  const { sides, adapters, leftOut } = await chooseSides(garden, project);
  const found = await findTexts(garden, project, sides, options);

  const outcomes: Outcome[] = [];
  // The largest first: it scores fewest texts in its time, and more than those are not needed of the others.
  let { texts, gaps } = found;
  const clock = new Clock(models.length, options.budgetMs ?? DEFAULT_COMPARE_BUDGET_MS);
  for (const { model, bytes } of models) {
    clock.nextBase();
    const adapter = adapters.find(({ base }) => base === model.id)?.version ?? null;
    const job = { model, bytes, adapter, reason: leftOut.get(model.id) ?? null };
    const outcome = await measure(garden, project, job, { texts, gaps }, clock, options);
    if (outcome.measured !== null) {
      texts = texts.slice(0, outcome.measured.base.length);
      gaps = gaps.slice(0, outcome.measured.gaps?.base.length ?? gaps.length);
    }
    outcomes.push(outcome);
  }
  const comparison = makeComparison(outcomes, {
    texts,
    trainingBytes: found.trainingBytes,
    heldOutFrom: sides === null ? 'split' : 'training',
    madeAt: new Date(),
  });
  options.signal?.throwIfAborted();
  // One in which nothing was measured is not worth the last one.
  if (comparison.texts > 0) await writeComparison(garden.paths, project.id, comparison);
  return comparison;
}

/** How long it is going to take: as long for each base as for those before it; the first has its budget. */
class Clock {
  readonly #start = performance.now();
  #base = 0;
  #baseStart = this.#start;

  constructor(
    readonly bases: number,
    readonly budgetMs: number,
  ) {}

  nextBase(): void {
    this.#base++;
    this.#baseStart = performance.now();
  }

  get which(): string {
    return this.bases === 1 ? '' : `base ${this.#base} of ${this.bases}, `;
  }

  leftMs(): number {
    const done = this.#base - 1;
    const elapsed = performance.now() - this.#baseStart;
    // One that takes longer than was thought says that the others will, too.
    const each = Math.max(elapsed, done === 0 ? this.budgetMs : (this.#baseStart - this.#start) / done);
    return each - elapsed + each * (this.bases - this.#base);
  }
}

/** The bases to compare with the sizes of their files, largest first. */
async function chosenModels(
  { paths, settings }: Garden,
  project: ProjectRecord,
  given: readonly string[] | undefined,
): Promise<{ model: ModelOnDisk; bytes: number }[]> {
  const models: ModelOnDisk[] = [];
  if (given === undefined) {
    const here = [...(await localModels(paths)), ...(await usedFiles(paths))];
    models.push(...here.filter(({ kind }) => kind === 'base'));
    for (const id of [project.baseModel, settings.baseModel]) {
      const model = await modelOnDisk(paths, id).catch(() => null);
      if (model !== null) models.push(model);
    }
  } else {
    for (const id of given) models.push(await requireModel(paths, id));
  }
  const byFile = new Map(models.map((model) => [model.weights, model]));
  if (byFile.size === 0) {
    throw new GardenerError('training.nothing-to-compare', 'No base model is on this machine yet.', {
      remedy: `Fetch one: gardener models pull ${settings.baseModel}.`,
    });
  }
  const sized = [...byFile.values()].map((model) => ({ model, bytes: weightBytes(model) }));
  return sized.sort((a, b) => b.bytes - a.bytes);
}

async function findTexts(
  { settings }: Garden,
  project: ProjectRecord,
  sides: { heldOut: string[]; train: string[] } | null,
  { signal, onProgress }: CompareOptions,
): Promise<ComparedTexts> {
  const { path: root, name: repository } = project;
  const { maxFileBytes, allowedSecrets } = settings;
  const input = { root, repository, maxFileBytes, allowedSecrets, seed: SEED, sides };
  const found = await compareApart('texts', input, {
    signal,
    onProgress: ({ files }) => onProgress?.('reading the code', files, null, null),
  });
  if (found.texts.length > 0) return found;
  throw new GardenerError(
    'training.nothing-to-compare',
    `${project.name} has too little code to hold some out and measure on it.`,
    { remedy: 'Compare on a project with at least a few files of code.' },
  );
}

async function savedAdapter(directory: string): Promise<{ directory: string; strength: number }> {
  return { directory, strength: await adapterStrength(directory) };
}

interface Job {
  model: ModelOnDisk;
  bytes: number;
  /** Version of the adapter that is measured beside the base. */
  adapter: number | null;
  /** Why there is none. */
  reason: string | null;
}

async function measure(
  { paths, settings }: Garden,
  { id }: ProjectRecord,
  { model, bytes, adapter, reason }: Job,
  { texts, gaps }: Pick<ComparedTexts, 'texts' | 'gaps'>,
  clock: Clock,
  { budgetMs = DEFAULT_COMPARE_BUDGET_MS, signal, onProgress }: CompareOptions,
): Promise<Outcome> {
  const tell = (label: string, done: number, total: number | null): void =>
    onProgress?.(
      `${clock.which}${isAbsolute(model.id) ? basename(model.id) : model.id}: ${label}`,
      done,
      total,
      clock.leftMs(),
    );
  const { rank, sequenceLength, threads, contextTokens, trainingMemoryMegabytes } = settings;
  const row = { id: model.id, bytes };
  try {
    const measured: MeasuredBase = await compareApart(
      'measure',
      {
        weights: model.weights,
        adapter: adapter === null ? null : await savedAdapter(paths.adapter(id, adapter)),
        texts,
        gaps,
        scoringMs: budgetMs * SCORING_SHARE,
        gapMs: budgetMs * GAP_SHARE,
        trainingMs: budgetMs * TRAINING_SHARE,
        contextTokens,
        shape: { rank, sequenceLength, threads, memoryBudgetBytes: trainingMemoryMegabytes * 1e6 },
      },
      { signal, onProgress: ({ label, done, total }) => tell(label, done, total) },
    );
    tell('writing', 0, null);
    const answering = await answeringSpeed(model.weights, texts, {
      threads,
      copies: paths.modelCopies,
      signal,
    });
    const problem = measured.adapterProblem ?? reason;
    return { ...row, measured, adapterVersion: adapter, answering, problem };
  } catch (error) {
    signal?.throwIfAborted();
    if (!GardenerError.isInstance(error)) throw error;
    return { ...row, measured: null, adapterVersion: null, answering: null, problem: error.message };
  }
}

/** Tokens that llama.cpp writes a second, its prompt apart; null where it wrote too few, or cannot. */
async function answeringSpeed(
  weights: string,
  texts: readonly ComparedText[],
  { signal, ...machine }: { threads: number; copies: string; signal: AbortSignal | undefined },
): Promise<number | null> {
  const [first] = texts;
  if (first === undefined) return null;
  const runtime = await startLlamaCpp(weights, { ...machine, contextTokens: 2_048 }).catch(() => null);
  if (runtime === null) return null;
  const prompt = `${first.header}${first.code}`;
  try {
    let started: number | null = null;
    const request = { prompt, adapter: null, maxTokens: WRITTEN_TOKENS, temperature: 0 };
    for await (const event of runtime.complete({ ...request, ...(signal && { signal }) })) {
      started ??= performance.now();
      if (event.type === 'end' && event.completionTokens > 1) {
        return ((event.completionTokens - 1) * 1000) / (performance.now() - started);
      }
    }
    return null;
  } catch (error) {
    if (signal?.aborted || !GardenerError.isInstance(error)) throw error;
    return null;
  } finally {
    await runtime.dispose();
  }
}
