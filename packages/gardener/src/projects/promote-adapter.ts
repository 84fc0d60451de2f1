import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { givenOrNewestAdapter } from './which-adapter.js';

/**
 * Chooses by hand which model answers for a project.
 * @param version of an adapter, or null for the base model alone
 * @throws GardenerError `training.no-such-adapter`, `garden.unknown-project`
 */
export async function promoteAdapter(
  { paths, registry }: Garden,
  project: ProjectRecord,
  version: number | null,
): Promise<ProjectRecord> {
  if (version !== null) await givenOrNewestAdapter(paths, project, version);
  return registry.update(project.id, { promotedAdapter: version });
}
