import { GardenerError } from '../garden/errors/garden-error.js';
import type { GardenPaths } from '../garden/files/paths.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { adapterVersions } from '../training/adapters/adapter-store.js';

/**
 * The adapter that is meant: the version given, else the promoted one, else the newest.
 * @throws GardenerError `training.no-adapter`
 */
export async function chosenVersion(
  paths: GardenPaths,
  { id, name, promotedAdapter }: Pick<ProjectRecord, 'id' | 'name' | 'promotedAdapter'>,
  version?: number,
): Promise<number> {
  const versions = await adapterVersions(paths, id);
  const meant = version ?? promotedAdapter ?? versions.at(-1);
  if (meant !== undefined && versions.includes(meant)) return meant;
  throw new GardenerError(
    'training.no-adapter',
    meant === undefined ? `${name} has no adapter yet.` : `${name} has no adapter ${meant}.`,
    {
      remedy: versions.length === 0 ? `Train one: gardener train ${name}.` : `It has ${versions.join(', ')}.`,
      details: { versions },
    },
  );
}
