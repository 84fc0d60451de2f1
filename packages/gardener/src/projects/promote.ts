import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { adapterVersions } from '../training/adapters/adapter-store.js';

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
    if (!versions.includes(version)) throw noSuchAdapter(project, String(version), versions);
  }
  return garden.registry.update(project.id, { promotedAdapter: version });
}

/** The newest adapter of a project. @throws GardenerError `training.no-such-adapter` when it has none */
export async function newestAdapter(garden: Garden, project: ProjectRecord): Promise<number> {
  const newest = (await adapterVersions(garden.paths, project.id)).at(-1);
  if (newest === undefined) throw noSuchAdapter(project, null, []);
  return newest;
}

/** @param asked what was asked for, or null for the newest one */
export function noSuchAdapter(
  project: ProjectRecord,
  asked: string | null,
  versions: readonly number[],
): GardenerError {
  const message =
    asked === null ? `${project.name} has no adapter yet.` : `${project.name} has no adapter ${asked}.`;
  const remedy =
    versions.length === 0
      ? `Train one: gardener train ${project.name}.`
      : `It has ${versions.join(', ')}; or choose the base model alone.`;
  return new GardenerError('training.no-such-adapter', message, { remedy, details: { versions } });
}
