import { checkRoot } from '../codebase/walk/check-root.js';
import { walkCodebase } from '../codebase/walk/walk.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { findModel } from '../models/store/catalogue.js';
import { projectModels } from './project-models.js';

/** What `addProject` needs. */
export interface AddOptions {
  path: string;
  /** Defaults to the folder's name. */
  name?: string | undefined;
  /** Id of a base model, or the path of a GGUF file. Defaults to the setting. */
  baseModel?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Makes sure that these models are on disk. */
  fetchModels: (ids: readonly string[]) => Promise<unknown>;
}

/**
 * Registers a codebase and makes it the active project. What can be refused is refused before models are fetched.
 * @returns the project, and how many files its codebase has
 * @throws GardenerError `models.unknown-model`, `garden.*` as `Registry.add`, `codebase.*` as
 * `walkCodebase`, what `fetchModels` throws
 */
export async function addProject(
  garden: Garden,
  { path, name, baseModel, signal, fetchModels }: AddOptions,
): Promise<{ project: ProjectRecord; files: number }> {
  const base = findModel(baseModel ?? garden.settings.baseModel).id;
  // What `add` will refuse is refused now, so that nobody waits for a download to hear it.
  await checkRoot(path);
  await garden.registry.checkNew({ path, name });
  const { maxFileBytes } = garden.settings;
  const { files } = await walkCodebase(path, { maxFileBytes, ...(signal ? { signal } : {}) });
  await fetchModels(projectModels(garden.settings, base));
  signal?.throwIfAborted();
  const project = await garden.registry.add({ path, baseModel: base, name });
  await garden.registry.setActive(project.id);
  return { project, files: files.length };
}
