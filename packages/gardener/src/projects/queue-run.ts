import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { createRun, type RunDescription, type RunKind } from '../garden/runs/runs.js';
import { requireCodebase } from './require-codebase.js';
import { startRunner } from './start-runner.js';

/**
 * Queues a run of a project and makes sure that the runner is there: `newRun`, and then `startRunner`.
 * @throws GardenerError `garden.run-active`, `garden.unknown-project`
 */
export async function queueRun(
  garden: Garden,
  project: ProjectRecord,
  kind: RunKind,
  options: Record<string, unknown> = {},
): Promise<RunDescription> {
  const run = await newRun(garden, project, kind, options);
  await startRunner(garden.paths);
  return run;
}

/**
 * Queues a run of a project, for a runner that somebody else starts. A training keeps the base, the engine and the
 * place it was queued with: `options.baseModel`, `engine` and `place`, else the project's and the settings' of now.
 * @throws GardenerError `garden.run-active`, `garden.unknown-project`
 */
export async function newRun(
  garden: Garden,
  project: ProjectRecord,
  kind: RunKind,
  options: Record<string, unknown> = {},
): Promise<RunDescription> {
  const { engine, place } = garden.settings;
  const trained = kind === 'train' ? { baseModel: project.baseModel, engine, place } : {};
  return createRun(garden.paths, project.id, kind, { ...trained, ...options });
}

/** What a refresh may come to. */
export interface RefreshOptions {
  /** Whether training may continue from the promoted adapter. */
  train: boolean;
  /** Of such a training. Defaults to the setting. */
  budgetMs?: number | undefined;
  /** More of the run's options. */
  options?: Record<string, unknown>;
}

/**
 * Queues what brings a project up to date: its index, and where the promoted adapter may continue, its training.
 * @throws GardenerError `training.codebase-away`, `codebase.*` when the codebase cannot be read, `garden.run-active`
 */
export async function queueRefresh(
  garden: Garden,
  project: ProjectRecord,
  wanted: RefreshOptions,
): Promise<RunDescription> {
  const run = await newRefresh(garden, project, wanted);
  await startRunner(garden.paths);
  return run;
}

/** `queueRefresh`, for a runner that somebody else starts. @throws as it */
export async function newRefresh(
  garden: Garden,
  project: ProjectRecord,
  { train, budgetMs = garden.settings.budgetMs, options = {} }: RefreshOptions,
): Promise<RunDescription> {
  await requireCodebase(project);
  const trains = train && project.promotedAdapter !== null;
  const trained = trains ? { budgetMs, refresh: true } : {};
  return newRun(garden, project, trains ? 'train' : 'index', { ...trained, ...options });
}
