import { stat } from 'node:fs/promises';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord, TrainingStatus } from '../../garden/project-record.js';
import { readRunOutline } from '../../garden/runs/run-outline.js';
import type { RunFailure, RunState } from '../../garden/runs/run-state.js';
import { latestRun, type Run, type RunKind } from '../../garden/runs/runs.js';
import { readManifest } from '../../retrieval/store/manifest.js';
import { adapterVersions, readScorecard } from '../../training/adapters/adapter-store.js';
import type { Scorecard } from '../../training/evaluation/scorecard.js';
import { type StatusObject, whyNotServed } from '../project-status.js';

/** One project of a fleet, as far as a table tells of it. */
export interface FleetRow {
  project: StatusObject['project'];
  index: {
    /** As in the status object; `damaged` also for one of another version. */
    state: StatusObject['index']['state'];
    /** Files indexed. */
    files: number;
    chunks: number;
  };
  /** The newest run; where that is a refresh of the index that went well, the last training, if there is one. */
  run: FleetRun | null;
  adapter: {
    /** The version that answers, else the newest one; null when there is none. */
    version: number | null;
    /** Whether that version answers. */
    promoted: boolean;
  };
  /** What became of that adapter, `refused` also where it was promoted and cannot answer; null when there is none. */
  verdict: 'promoted' | 'refused' | 'unmeasured' | null;
  /** Held-out code without retrieval, base and adapter; null where not measured. */
  bitsPerByte: { base: number; adapter: number } | null;
}

/** A run as a row of a table. */
export interface FleetRun {
  id: string;
  kind: RunKind;
  status: TrainingStatus;
  finished: boolean;
  /** One sentence: why it failed, waits, or did not start. */
  reason: string | null;
  /** How far its stage is, 0 to 1; null where nobody knows. */
  progress: number | null;
  step: number | null;
  steps: number | null;
  etaMs: number | null;
  /** Why earlier tries and the last one failed, oldest first. */
  failures: RunFailure[];
  /** ISO 8601. */
  updatedAt: string | null;
}

/**
 * Where a project stands: read from a few small files, so that hundreds take a second. Only a promoted adapter is read
 * whole, once in a process, to say of it what `gardener status` says.
 */
export async function fleetRow(garden: Garden, project: ProjectRecord): Promise<FleetRow> {
  const { paths } = garden;
  const { id, name, path, baseModel, promotedAdapter } = project;
  const [isAway, index, run, versions] = await Promise.all([
    isFolderAway(path),
    indexOf(paths, id),
    runOf(paths, id),
    adapterVersions(paths, id),
  ]);
  const version = promotedAdapter ?? versions.at(-1) ?? null;
  const scorecard = version === null ? null : await readScorecard(paths, id, version);
  const promoted = promotedAdapter !== null && (await whyNotServed(garden, project, versions)) === null;
  return {
    project: { id, name, path, baseModel, isAway },
    index,
    run,
    adapter: { version, promoted },
    verdict: version === null ? null : promoted ? 'promoted' : scorecard === null ? 'unmeasured' : 'refused',
    bitsPerByte: bitsOf(scorecard),
  };
}

async function isFolderAway(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found === null || !found.isDirectory();
}

async function indexOf(paths: GardenPaths, id: string): Promise<FleetRow['index']> {
  try {
    const manifest = await readManifest(paths.index(id));
    if (manifest === null) return { state: 'none', files: 0, chunks: 0 };
    const { complete, files, chunks } = manifest;
    return { state: complete ? 'ready' : 'building', files: files.indexed, chunks };
  } catch (error) {
    if (!GardenerError.isInstance(error)) throw error;
    return { state: 'damaged', files: 0, chunks: 0 };
  }
}

async function runOf(paths: GardenPaths, id: string): Promise<FleetRun | null> {
  const newest = await latestRun(paths, id, undefined, readRunOutline);
  // A refresh of the index that went well does not hide what the training before it came to.
  const isRenewed = newest?.description.kind === 'index' && newest.state.status === 'completed';
  if (newest === null || !isRenewed) return newest && rowOfRun(newest);
  return rowOfRun((await latestRun(paths, id, 'train', readRunOutline)) ?? newest);
}

function rowOfRun({ description: { id, kind }, state }: Run): FleetRun {
  const { status, finished, reason, failures, updatedAt, steps, etaMs } = state;
  const step = steps === null ? null : state.step;
  return {
    ...{ id, kind, status, finished, reason, progress: progressOf(state), step, steps, etaMs },
    ...{ failures: [...failures], updatedAt },
  };
}

function progressOf({ status, step, steps, progress }: RunState): number | null {
  if (status === 'training' || status === 'paused') return steps ? Math.min(1, step / steps) : null;
  return progress?.total ? Math.min(1, progress.done / progress.total) : null;
}

function bitsOf(scorecard: Scorecard | null): FleetRow['bitsPerByte'] {
  const base = scorecard?.base.noRetrieval.bitsPerByte?.value;
  const adapter = scorecard?.adapter.noRetrieval.bitsPerByte?.value;
  return base === undefined || adapter === undefined ? null : { base, adapter };
}
