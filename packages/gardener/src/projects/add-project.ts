import { checkRoot } from '../codebase/walk/check-root.js';
import { walkCodebase } from '../codebase/walk/walk.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { requireBase, requireTrainable } from '../models/store/require-trainable.js';
import { projectModels } from './project-models.js';

/** What `addProject` needs. */
export interface AddOptions {
  path: string;
  /** Defaults to the folder's name. */
  name?: string | undefined;
  /** Id of a base model, or the path of a GGUF file. Defaults to the setting. */
  baseModel?: string | undefined;
  /** Whether a training is to follow: then the base must be one that can be trained. Defaults to false. */
  train?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Makes sure that these models are on disk. */
  fetchModels: (ids: readonly string[]) => Promise<unknown>;
}

/**
 * Registers a codebase and makes it the active project. What can be refused is refused before models are fetched.
 * @returns the project, and how many files its codebase has
 * @throws GardenerError `models.*` as `requireTrainable`, `garden.*` as `Registry.add`, `codebase.*` as
 * `walkCodebase`, what `fetchModels` throws
 */
export async function addProject(
  garden: Garden,
  { path, name, baseModel, train, signal, fetchModels }: AddOptions,
): Promise<{ project: ProjectRecord; files: number }> {
  const base = requireBase(baseModel ?? garden.settings.baseModel);
  // What `add` will refuse is refused now, so that nobody waits for a download to hear it.
  await checkRoot(path);
  await garden.registry.checkNew({ path, name });
  const { maxFileBytes } = garden.settings;
  const { files } = await walkCodebase(path, { maxFileBytes, ...(signal ? { signal } : {}) });
  // The base first: one that cannot be used is refused before anything else is fetched.
  await fetchModels([base]);
  if (train) await requireTrainable(garden.paths, base);
  await fetchModels(projectModels(garden.settings, base));
  signal?.throwIfAborted();
  const project = await garden.registry.add({ path, baseModel: base, name });
  await garden.registry.setActive(project.id);
  return { project, files: files.length };
}
