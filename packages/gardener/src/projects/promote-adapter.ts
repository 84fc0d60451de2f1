import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { requireModel } from '../models/store/require-model.js';
import { requireBase } from '../models/store/require-trainable.js';
import { baseOfAdapter } from '../training/adapters/adapter-base.js';
import { adapterFault } from '../training/adapters/adapter-fault.js';
import { givenOrNewestAdapter } from './which-adapter.js';

/**
 * Chooses by hand which model answers for a project. With an adapter the base that it was trained on comes into force,
 * both in one write; without one the base stays, unless another is named, which answers untouched.
 * @param version of an adapter, or null for the base model alone
 * @param base to answer without an adapter, one that is on this machine; an adapter brings its own
 * @throws GardenerError `training.no-such-adapter`, `training.adapter-unusable`, `garden.unknown-project`;
 * `training.adapter-has-base` where both are given; `models.not-a-base`, `models.unknown-model`;
 * `training.model-missing`, `models.missing-file` when a base is not on this machine
 */
export async function promoteAdapter(
  { paths, registry }: Garden,
  project: ProjectRecord,
  version: number | null,
  base?: string,
): Promise<ProjectRecord> {
  if (version === null) {
    const baseModel = base === undefined ? project.baseModel : requireBase(base);
    if (baseModel !== project.baseModel) await requireModel(paths, baseModel);
    return registry.update(project.id, { baseModel, promotedAdapter: null });
  }
  if (base !== undefined) throw adapterHasBase(version);
  await givenOrNewestAdapter(paths, project, version);
  const baseModel = await baseOfAdapter(paths, project, version);
  const fault = await adapterFault(paths, { id: project.id, baseModel }, version);
  if (fault !== null) throw unusable(project, version, fault);
  if (baseModel !== project.baseModel) await requireModel(paths, baseModel);
  return registry.update(project.id, { baseModel, promotedAdapter: version });
}

function adapterHasBase(version: number): GardenerError {
  return new GardenerError(
    'training.adapter-has-base',
    `Adapter ${version} answers on the base that it was trained on and on no other.`,
    { remedy: 'Leave the base out, or name the base alone: gardener promote <project> base --base <model>.' },
  );
}

function unusable({ name }: ProjectRecord, version: number, fault: string): GardenerError {
  return new GardenerError('training.adapter-unusable', `${fault}. What answered for ${name} goes on.`, {
    remedy: `Choose another version with gardener promote ${name} <version>, train again, or import it again.`,
    details: { version },
  });
}
