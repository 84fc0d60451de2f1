import { GardenerError } from '../../garden/errors/garden-error.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { readAdapterManifest } from './adapter-manifest.js';

/** The base model that an adapter was trained on, as its manifest names it; the project's where it cannot be read. */
export async function baseOfAdapter(
  paths: GardenPaths,
  { id, baseModel }: Pick<ProjectRecord, 'id' | 'baseModel'>,
  version: number,
): Promise<string> {
  try {
    return (await readAdapterManifest(paths.adapter(id, version))).base.name;
  } catch (error) {
    if (!GardenerError.isInstance(error)) throw error;
    return baseModel;
  }
}
