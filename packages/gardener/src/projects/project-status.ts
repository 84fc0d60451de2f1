import { stat } from 'node:fs/promises';
import type { FileCounts } from '../codebase/walk/file-outcome.js';
import { GardenerError } from '../garden/errors/garden-error.js';
import type { GardenPaths } from '../garden/files/paths.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord, TrainingStatus } from '../garden/project-record.js';
import { latestRun, type Run } from '../garden/runs/runs.js';
import { currentSettings } from '../garden/settings/follow-settings.js';
import { type IndexFreshness, indexFreshness } from '../retrieval/index/freshness.js';
import { type IndexManifest, readManifest } from '../retrieval/store/manifest.js';
import { adapterFault } from '../training/adapters/adapter-fault.js';
import { adapterVersions, readScorecard, runOf } from '../training/adapters/adapter-store.js';
import { measuredScorecard } from '../training/adapters/measured-scorecard.js';
import type { Scorecard } from '../training/evaluation/scorecard.js';
import {
  type CompletionMode,
  completionMode,
  type Use,
  whoServes,
} from '../training/evaluation/uses/who-serves.js';

/** What every command prints of a project with `--json`. The names are fixed: scripts read them. */
export interface StatusObject {
  project: {
    id: string;
    name: string;
    path: string;
    baseModel: string;
    /** There is no folder at `path`: deleted, moved, or on a disk that is not mounted. */
    isAway: boolean;
  };
  index: {
    /** `none` before the first file is in, `building` while an update goes on or after one that was cut off. */
    state: 'none' | 'building' | 'ready' | 'damaged';
    files: FileCounts;
    chunks: number;
    /** Those that are found by meaning too; while an index is made the others are found by words and names. */
    vectors: number;
    /** Commit the index was made at, or null. */
    commit: string | null;
    /** Files that differ from the index by now; null when unknown. */
    changedSince: number | null;
  };
  training: {
    status: TrainingStatus;
    reason: string | null;
    step: number | null;
    steps: number | null;
    loss: number | null;
    etaMs: number | null;
    tokensPerSecond: number | null;
    peakMemoryBytes: number | null;
    error: { code: string; message: string; remedy: string } | null;
  };
  adapter: {
    /** The version that answers, else the newest one; null when there is none. */
    version: number | null;
    /** Whether that version answers. */
    promoted: boolean;
    reason: string | null;
    /** Who does what now: the gate may have left one of the uses to the base. */
    serves: Record<Use, 'adapter' | 'base'>;
  };
  /** How code is completed where a request does not say: by whom, with related code or without, and why. */
  completions: CompletionMode;
  /** Of the newest adapter that was measured. */
  scorecard: Scorecard | null;
}

const BASE_ALONE = { completion: 'base', answers: 'base' } as const;
const NO_FILES: FileCounts = { seen: 0, indexed: 0, skipped: {}, failed: {} };

/**
 * Where a project stands: read from its files, so that every process sees the same.
 * @param freshness how old its index is, for who knows already; the codebase is walked for it otherwise
 */
export async function projectStatus(
  garden: Garden,
  project: ProjectRecord,
  freshness: (project: ProjectRecord) => Promise<IndexFreshness | null> = (of) => freshnessOf(garden, of),
): Promise<StatusObject> {
  const { id, name, path, baseModel } = project;
  const [isAway, index, training, { adapter, scorecard }, measured] = await Promise.all([
    isFolderAway(path),
    indexStatus(garden, project, freshness),
    trainingStatus(garden, project),
    adapterStatus(garden, project),
    measuredScorecard(garden.paths, project),
  ]);
  const completions = completionMode(adapter.promoted ? adapter.serves.completion : 'base', measured);
  return { project: { id, name, path, baseModel, isAway }, index, training, adapter, completions, scorecard };
}

async function isFolderAway(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found === null || !found.isDirectory();
}

function freshnessOf(
  { paths, settings }: Garden,
  { id, path }: ProjectRecord,
): Promise<IndexFreshness | null> {
  const { maxFileBytes, allowedSecrets } = settings;
  return indexFreshness(paths.index(id), path, { maxFileBytes, allowedSecrets });
}

async function indexStatus(
  garden: Garden,
  project: ProjectRecord,
  freshness: (project: ProjectRecord) => Promise<IndexFreshness | null>,
): Promise<StatusObject['index']> {
  let manifest: IndexManifest | null;
  try {
    manifest = await readManifest(garden.paths.index(project.id));
  } catch (error) {
    if (!GardenerError.isInstance(error)) throw error;
    return { state: 'damaged', files: NO_FILES, chunks: 0, vectors: 0, commit: null, changedSince: null };
  }
  if (manifest === null) {
    return { state: 'none', files: NO_FILES, chunks: 0, vectors: 0, commit: null, changedSince: null };
  }
  const { complete, files, chunks, vectors, commit } = manifest;
  const age = await freshness(project);
  const state = complete ? 'ready' : 'building';
  return { state, files, chunks, vectors, commit, changedSince: age?.changedSince ?? null };
}

/** The state of the newest run that says something about training: a refresh of the index does not hide it. */
async function trainingStatus(garden: Garden, project: ProjectRecord): Promise<StatusObject['training']> {
  const newest = await latestRun(garden.paths, project.id);
  const run =
    newest?.description.kind === 'index' && newest.state.status === 'completed'
      ? await latestRun(garden.paths, project.id, 'train')
      : newest;
  if (run === null) {
    const { trainingStatus: status, trainingReason: reason } = project;
    return { ...NO_FIGURES, status: newest === null ? status : 'not_started', reason };
  }
  return figuresOf(run);
}

const NO_FIGURES = {
  step: null,
  steps: null,
  loss: null,
  etaMs: null,
  tokensPerSecond: null,
  peakMemoryBytes: null,
  error: null,
} as const;

function figuresOf({ state }: Run): StatusObject['training'] {
  const { status, reason, steps, loss, etaMs, tokensPerSecond, peakMemoryBytes, error } = state;
  const step = steps === null ? null : state.step;
  return { status, reason, step, steps, loss, etaMs, tokensPerSecond, peakMemoryBytes, error };
}

async function adapterStatus(
  garden: Garden,
  project: ProjectRecord,
): Promise<Pick<StatusObject, 'adapter' | 'scorecard'>> {
  const { paths } = garden;
  const { id, promotedAdapter } = project;
  const versions = await adapterVersions(paths, id);
  const newest = versions.at(-1) ?? null;
  const scorecard = await newestScorecard(paths, id, versions);
  if (promotedAdapter !== null) {
    const refusal = await whyNotServed(garden, project, versions);
    if (refusal !== null) {
      const answering = { version: promotedAdapter, promoted: false, reason: refusal, serves: BASE_ALONE };
      return { adapter: answering, scorecard };
    }
    const own = await readScorecard(paths, id, promotedAdapter);
    const reason = own === null || own.promoted ? (own?.reason ?? null) : promotedByHand(own.reason);
    const { completion, answers } = whoServes(own);
    const serves = { completion: completion.by, answers: answers.by };
    return { adapter: { version: promotedAdapter, promoted: true, reason, serves }, scorecard };
  }
  const own = newest === null ? null : await readScorecard(paths, id, newest);
  const reason =
    own === null
      ? await whyUnmeasured(garden, project, newest)
      : own.promoted
        ? 'Put aside by hand: the base model answers.'
        : own.reason;
  return { adapter: { version: newest, promoted: false, reason, serves: BASE_ALONE }, scorecard };
}

/** The scorecard of the newest adapter that has one: what came in from elsewhere may have none. */
async function newestScorecard(
  paths: GardenPaths,
  id: string,
  versions: readonly number[],
): Promise<Scorecard | null> {
  for (const version of versions.toReversed()) {
    const scorecard = await readScorecard(paths, id, version);
    if (scorecard !== null) return scorecard;
  }
  return null;
}

/**
 * Why the adapter that is promoted does not answer, one sentence; null where it does, and where none is promoted.
 * @param versions the adapters that the project has
 */
export async function whyNotServed(
  garden: Garden,
  project: ProjectRecord,
  versions: readonly number[],
): Promise<string | null> {
  const { name, promotedAdapter } = project;
  if (promotedAdapter === null) return null;
  if (!versions.includes(promotedAdapter))
    return `Adapter ${promotedAdapter} is gone, so the base model answers; run \`gardener promote ${name} base\` or train again.`;
  const fault = await adapterFault(garden.paths, project, promotedAdapter);
  if (fault !== null)
    return `${fault}, so the base model answers: choose another with gardener promote ${name}, or train again.`;
  const { adapterStrength } = await currentSettings(garden);
  if (adapterStrength !== 0) return null;
  return 'The setting adapterStrength is 0, so the base model answers: with "auto" the adapter does.';
}

/** Of an adapter that was made here and has no figures. */
async function whyUnmeasured(
  { paths }: Garden,
  { id, name }: ProjectRecord,
  version: number | null,
): Promise<string | null> {
  if (version === null || (await runOf(paths, id, version)) === null) return null;
  return `Adapter ${version} is not measured, or its scorecard is lost: gardener evaluate ${name} measures it.`;
}

/** The gate's own sentence begins with what a person has decided otherwise. */
function promotedByHand(refusal: string): string {
  return `Promoted by hand. ${refusal.replace(/^The adapter is not served/, 'The gate would not serve it')}`;
}
