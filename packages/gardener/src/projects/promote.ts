import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { adapterVersions } from '../training/adapters/adapter-store.js';
import { noSuchAdapter } from './chosen-version.js';

/**
 * Chooses by hand which model answers for a project.
 * @param version of an adapter, or null for the base model alone
 * @throws GardenerError `training.no-such-adapter`, `garden.unknown-project`
 */
export async function promoteAdapter(
  garden: Garden,
  project: ProjectRecord,
  version: number | null,
): Promise<ProjectRecord> {
  if (version !== null) {
    const versions = await adapterVersions(garden.paths, project.id);
    if (!versions.includes(version)) throw noSuchAdapter(project, version, versions);
  }
  return garden.registry.update(project.id, { promotedAdapter: version });
}
