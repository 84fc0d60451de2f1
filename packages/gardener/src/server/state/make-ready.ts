import type { ProjectRecord } from '../../garden/project-record.js';
import { modelOnDisk } from '../../models/store/model-store.js';
import type { ServerContext } from './context.js';

/**
 * Loads what a project answers with, while its editor goes on: called for requests that say that others will follow.
 * Fetches no model and never fails.
 */
export function makeReady(
  { assistant, followers, garden, stopping }: ServerContext,
  project: ProjectRecord,
): void {
  followers.use(project);
  const prepare = async () => {
    const isOurs = garden.settings.runtimeProvider === 'llama-cpp';
    if (isOurs && (await modelOnDisk(garden.paths, project.baseModel)) === null) return;
    await assistant.prepare(project, stopping);
  };
  prepare().catch((error: unknown) => {
    if (!stopping.aborted) garden.log.warn({ err: error }, 'a model could not be made ready for an editor');
  });
}
