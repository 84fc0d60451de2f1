import { join } from 'node:path';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { GenerationOptions } from '../../models/runtime/runtime.js';
import { servedName } from '../../models/served-adapters.js';
import type { BaseIdentity } from '../../models/store/base-identity.js';
import { adapterFault } from '../../training/adapters/adapter-fault.js';
import { adapterStrength, GGUF_FILE, readScorecard } from '../../training/adapters/adapter-store.js';
import { type Use, whoServes } from '../../training/evaluation/uses/who-serves.js';

/** What answers for a project. */
export interface ChosenAdapter {
  /** null = the base model answers. */
  version: number | null;
  file: string | null;
  /** Name by which a server knows it. */
  name: string | null;
  /** How much of its own effect it has; 0 for the base. */
  strength: number;
  /** One sentence why, with the remedy where there is one. */
  reason: string;
}

/** A chosen adapter as a runtime is told of it. */
export function adapterOptions({
  file,
  name,
  strength,
}: ChosenAdapter): Pick<GenerationOptions, 'adapter' | 'adapterName' | 'adapterStrength'> {
  return { adapter: file, adapterStrength: strength, ...(name !== null && { adapterName: name }) };
}

/** The choice of the base model, for a stated reason. */
export function baseOnly(reason: string): ChosenAdapter {
  return { version: null, file: null, name: null, strength: 0, reason };
}

/**
 * The promoted adapter of a project if it can be used, else the base model with the reason.
 * @param base null where the base model is not on this machine: then only its name is compared
 * @param use what it is for: the gate may have left one of an adapter's uses to the base. Defaults to any
 * @param strength wanted, 0 to 1.5; at 0 the base answers. Null (the default) takes what its training chose
 */
export async function chooseAdapter(
  paths: GardenPaths,
  project: Pick<ProjectRecord, 'id' | 'name' | 'baseModel' | 'promotedAdapter'>,
  base: BaseIdentity | null,
  use: Use | null = null,
  strength: number | null = null,
): Promise<ChosenAdapter> {
  const version = project.promotedAdapter;
  if (version === null) return baseOnly('No adapter is promoted, so the base model answers.');
  if (strength === 0) return baseOnly('The adapter has strength 0, so the base model answers.');
  const fault = await adapterFault(paths, project, version, base);
  if (fault !== null) {
    const remedy = `choose another with gardener promote ${project.name}, or train again`;
    return baseOnly(`${fault}, so the base model answers: ${remedy}.`);
  }
  const served = whoServes(await readScorecard(paths, project.id, version));
  if (use !== null && served[use].by === 'base')
    return baseOnly(`The gate left this to the base model. ${served[use].reason}`);
  const directory = paths.adapter(project.id, version);
  const own = await adapterStrength(directory);
  const used = strength ?? own;
  const name = `${servedName(project.id)}-v${version}`;
  return {
    version,
    file: join(directory, GGUF_FILE),
    // A server that is given the exported adapter applies it at the adapter's own strength.
    name: used === own ? name : `${name}-at-${used}`,
    strength: used,
    reason: `Adapter ${version} answers${used === 1 ? '' : ` at strength ${used}`}.`,
  };
}
