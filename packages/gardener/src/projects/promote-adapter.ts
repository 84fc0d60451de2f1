import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { requireModel } from '../models/store/require-model.js';
import { baseOfAdapter } from '../training/adapters/adapter-base.js';
import { givenOrNewestAdapter } from './which-adapter.js';

/**
 * Chooses by hand which model answers for a project. With an adapter the base that it was trained on comes into force,
 * both in one write; without one the base stays.
 * @param version of an adapter, or null for the base model alone
 * @throws GardenerError `training.no-such-adapter`, `garden.unknown-project`; `training.model-missing`,
 * `models.missing-file` when the adapter is of another base and that one is not on this machine
 */
export async function promoteAdapter(
  { paths, registry }: Garden,
  project: ProjectRecord,
  version: number | null,
): Promise<ProjectRecord> {
  if (version === null) return registry.update(project.id, { promotedAdapter: null });
  await givenOrNewestAdapter(paths, project, version);
  const baseModel = await baseOfAdapter(paths, project, version);
  if (baseModel !== project.baseModel) await requireModel(paths, baseModel);
  return registry.update(project.id, { baseModel, promotedAdapter: version });
}
