import { checkRoot } from '../codebase/check-root.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { createRun, type RunDescription, type RunKind } from '../garden/runs.js';
import { startRunner } from './start-runner.js';

/** Queues a run of a project and makes sure that the runner is there. @throws GardenerError `garden.run-active`, `garden.unknown-project` */
export async function queueRun(
  garden: Garden,
  project: ProjectRecord,
  kind: RunKind,
  options: Record<string, unknown> = {},
): Promise<RunDescription> {
  const run = await createRun(garden.paths, project.id, kind, options);
  await startRunner(garden.paths);
  return run;
}

/**
 * Queues what brings a project up to date: its index, and where the promoted adapter may continue, its training.
 * @throws GardenerError `codebase.*` when the codebase is away, `garden.run-active`
 */
export async function queueRefresh(
  garden: Garden,
  project: ProjectRecord,
  { train, budgetMs = garden.settings.budgetMs }: { train: boolean; budgetMs?: number | undefined },
): Promise<RunDescription> {
  await checkRoot(project.path);
  const trains = train && project.promotedAdapter !== null;
  return queueRun(garden, project, trains ? 'train' : 'index', trains ? { budgetMs, refresh: true } : {});
}
