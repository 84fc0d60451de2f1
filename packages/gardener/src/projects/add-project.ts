import { realpath } from 'node:fs/promises';
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
  await refuseTaken(garden, path, name);
  const { maxFileBytes } = garden.settings;
  const { files } = await walkCodebase(path, { maxFileBytes, ...(signal ? { signal } : {}) });
  await fetchModels(projectModels(garden.settings, base));
  signal?.throwIfAborted();
  const project = await garden.registry.add({ path, baseModel: base, name });
  await garden.registry.setActive(project.id);
  return { project, files: files.length };
}

// The registry refuses these as well; asked first, so that nobody waits for a download to hear it.
async function refuseTaken(garden: Garden, path: string, name: string | undefined): Promise<void> {
  const real = await realpath(path).catch(() => path);
  const projects = await garden.registry.list();
  if (projects.some((project) => project.path === real || project.name === name)) {
    await garden.registry.add({ path, name, baseModel: garden.settings.baseModel });
  }
}
