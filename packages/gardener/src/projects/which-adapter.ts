import { GardenerError } from '../garden/errors/garden-error.js';
import type { GardenPaths } from '../garden/files/paths.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { adapterVersions } from '../training/adapters/adapter-store.js';

type Project = Pick<ProjectRecord, 'id' | 'name' | 'promotedAdapter'>;

/**
 * The version given, else the newest adapter of a project.
 * @throws GardenerError `training.no-such-adapter`
 */
export async function givenOrNewestAdapter(
  paths: GardenPaths,
  project: Project,
  version?: number,
): Promise<number> {
  const versions = await adapterVersions(paths, project.id);
  return existing(project, versions, version ?? versions.at(-1));
}

/**
 * The version given, else the adapter that answers, else the newest one.
 * @throws GardenerError `training.no-such-adapter`
 */
export async function givenOrPromotedAdapter(
  paths: GardenPaths,
  project: Project,
  version?: number,
): Promise<number> {
  const versions = await adapterVersions(paths, project.id);
  return existing(project, versions, version ?? project.promotedAdapter ?? versions.at(-1));
}

/**
 * What a person wrote for an adapter: its number, `base` for the base model alone, or nothing for the newest adapter.
 * @returns the version, null for the base model alone
 * @throws GardenerError `training.no-such-adapter`
 */
export async function readAdapterChoice(
  paths: GardenPaths,
  project: Project,
  text?: string,
): Promise<number | null> {
  if (text === 'base') return null;
  if (text === undefined || /^[1-9]\d{0,8}$/.test(text)) {
    return givenOrNewestAdapter(paths, project, text === undefined ? undefined : Number(text));
  }
  throw noSuchAdapter(project, await adapterVersions(paths, project.id), JSON.stringify(text));
}

function existing(project: Project, versions: readonly number[], version: number | undefined): number {
  if (version !== undefined && versions.includes(version)) return version;
  throw noSuchAdapter(project, versions, version);
}

/** @param asked the adapter that was asked for; undefined when any would have done */
function noSuchAdapter(
  { name }: Project,
  versions: readonly number[],
  asked: number | string | undefined,
): GardenerError {
  const sentence = asked === undefined ? `${name} has no adapter yet.` : `${name} has no adapter ${asked}.`;
  return new GardenerError('training.no-such-adapter', sentence, {
    remedy:
      versions.length === 0
        ? `Train one: gardener train ${name}.`
        : `Choose one that it has (${versions.join(', ')}), or the base model alone: gardener promote ${name} base.`,
    details: { versions },
  });
}
