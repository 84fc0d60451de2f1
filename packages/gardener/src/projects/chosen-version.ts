import { GardenerError } from '../garden/errors/garden-error.js';
import type { GardenPaths } from '../garden/files/paths.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { adapterVersions } from '../training/adapters/adapter-store.js';

type Owner = Pick<ProjectRecord, 'id' | 'name'>;

/**
 * The adapter that is meant: the version given, else the promoted one, else the newest.
 * @throws GardenerError `training.no-such-adapter`
 */
export async function chosenVersion(
  paths: GardenPaths,
  project: Owner & Pick<ProjectRecord, 'promotedAdapter'>,
  version?: number,
): Promise<number> {
  const versions = await adapterVersions(paths, project.id);
  const meant = version ?? project.promotedAdapter ?? versions.at(-1);
  if (meant !== undefined && versions.includes(meant)) return meant;
  throw noSuchAdapter(project, meant ?? null, versions);
}

/** The newest adapter of a project. @throws GardenerError `training.no-such-adapter` when it has none */
export async function newestAdapter(paths: GardenPaths, project: Owner): Promise<number> {
  const newest = (await adapterVersions(paths, project.id)).at(-1);
  if (newest === undefined) throw noSuchAdapter(project, null, []);
  return newest;
}

/**
 * What is thrown for an adapter that a project does not have.
 * @param asked what was asked for, or null for any
 * @param versions that it has
 */
export function noSuchAdapter(
  { name }: Pick<ProjectRecord, 'name'>,
  asked: number | string | null,
  versions: readonly number[],
): GardenerError {
  const message = asked === null ? `${name} has no adapter yet.` : `${name} has no adapter ${asked}.`;
  const remedy =
    versions.length === 0 ? `Train one: gardener train ${name}.` : `It has ${versions.join(', ')}.`;
  return new GardenerError('training.no-such-adapter', message, { remedy, details: { versions } });
}
