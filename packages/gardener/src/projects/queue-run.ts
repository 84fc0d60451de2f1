import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { createRun, type RunDescription, type RunKind } from '../garden/runs/runs.js';
import { requireCodebase } from './require-codebase.js';
import { startRunner } from './start-runner.js';

/**
 * Queues a run of a project and makes sure that the runner is there. A training keeps the base and the engine it
 * was queued with: `options.baseModel` and `options.engine`, else the project's and the setting's of now.
 * @throws GardenerError `garden.run-active`, `garden.unknown-project`
 */
export async function queueRun(
  garden: Garden,
  project: ProjectRecord,
  kind: RunKind,
  options: Record<string, unknown> = {},
): Promise<RunDescription> {
  const trained = kind === 'train' ? { baseModel: project.baseModel, engine: garden.settings.engine } : {};
  const run = await createRun(garden.paths, project.id, kind, { ...trained, ...options });
  await startRunner(garden.paths);
  return run;
}

/**
 * Queues what brings a project up to date: its index, and where the promoted adapter may continue, its training.
 * @throws GardenerError `training.codebase-away`, `codebase.*` when the codebase cannot be read, `garden.run-active`
 */
export async function queueRefresh(
  garden: Garden,
  project: ProjectRecord,
  { train, budgetMs = garden.settings.budgetMs }: { train: boolean; budgetMs?: number | undefined },
): Promise<RunDescription> {
  await requireCodebase(project);
  const trains = train && project.promotedAdapter !== null;
  return queueRun(garden, project, trains ? 'train' : 'index', trains ? { budgetMs, refresh: true } : {});
}
