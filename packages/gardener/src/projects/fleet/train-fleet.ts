import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { RunDescription } from '../../garden/runs/runs.js';
import { newRefresh, newRun } from '../queue-run.js';
import { requireCodebase } from '../require-codebase.js';
import { startRunner } from '../start-runner.js';
import type { FleetRow } from './fleet-row.js';

/** A run that fails is taken up again this often. */
export const FLEET_RETRIES = 2;

/** What was queued, and what was not. */
export interface QueuedFleet {
  queued: { project: ProjectRecord; run: RunDescription }[];
  /** Projects that were passed over, with one sentence each. */
  passed: { project: ProjectRecord; reason: string }[];
}

/** How runs of a fleet are queued. */
export interface QueueFleetOptions {
  /** Trainings side by side, while one of these runs is under way. Defaults to the setting trainingParallel. */
  parallel?: number | undefined;
  signal: AbortSignal;
  /** Called before each project. */
  onProgress?: (done: number, total: number) => void;
  /** Starts the runner where none is alive; for tests. Defaults to `startRunner`. */
  start?: () => Promise<unknown>;
}

/** What `trainFleet` needs beside. */
export interface TrainFleetOptions extends QueueFleetOptions {
  /** As a run of each project is queued: budgetMs, engine and the like; baseModel defaults to the project's. */
  runOptions: Record<string, unknown>;
}

/**
 * Whether a project is to be trained when none is named: it has no adapter, or its last training has failed or was
 * cancelled. One with too little code for an adapter is left alone.
 */
export function needsTraining({ adapter, run }: FleetRow): boolean {
  const training = run?.kind === 'train' ? run.status : null;
  if (training === 'failed' || training === 'cancelled') return true;
  return adapter.version === null && training === null;
}

/** Queues a training of each project. Those that cannot be trained now are passed over with their reason. */
export async function trainFleet(
  garden: Garden,
  projects: readonly ProjectRecord[],
  { runOptions, ...options }: TrainFleetOptions,
): Promise<QueuedFleet> {
  return queueEach(garden, projects, options, async (project, kept) => {
    await requireCodebase(project);
    return newRun(garden, project, 'train', { ...runOptions, ...kept });
  });
}

/**
 * Queues a refresh of each project: of its index, and where an adapter is promoted and enough code has changed, its
 * training (`planRefresh` decides when the run looks at the code).
 */
export async function refreshFleet(
  garden: Garden,
  projects: readonly ProjectRecord[],
  { train, budgetMs, ...options }: QueueFleetOptions & { train: boolean; budgetMs: number },
): Promise<QueuedFleet> {
  return queueEach(garden, projects, options, (project, kept) =>
    newRefresh(garden, project, { train, budgetMs, options: kept }),
  );
}

async function queueEach(
  garden: Garden,
  projects: readonly ProjectRecord[],
  { parallel, signal, onProgress, start = () => startRunner(garden.paths) }: QueueFleetOptions,
  queue: (project: ProjectRecord, kept: Record<string, unknown>) => Promise<RunDescription>,
): Promise<QueuedFleet> {
  const kept = { retries: FLEET_RETRIES, ...(parallel !== undefined && { parallel }) };
  const result: QueuedFleet = { queued: [], passed: [] };
  try {
    for (const [index, project] of projects.entries()) {
      signal.throwIfAborted();
      onProgress?.(index, projects.length);
      try {
        result.queued.push({ project, run: await queue(project, kept) });
        if (result.queued.length === 1) await start();
      } catch (error) {
        if (!GardenerError.isInstance(error) || !PASSED_OVER.test(error.code)) throw error;
        result.passed.push({ project, reason: error.message });
      }
    }
  } finally {
    // What is queued goes on, also when the queueing was broken off.
    await start();
  }
  return result;
}

/** What concerns one project and not the machine: a full disk ends the queueing. */
const PASSED_OVER =
  /^(codebase\..*|training\.codebase-away|garden\.(run-active|unknown-project|file-missing))$/;
