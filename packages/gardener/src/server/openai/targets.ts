import type { ChatTarget } from '../../chat/assistant-requests.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { localModels } from '../../models/store/model-store.js';

/** An entry of /v1/models. */
export interface ModelEntry {
  id: string;
  object: 'model';
  /** Seconds since the epoch. */
  created: number;
  owned_by: string;
}

/** Says that a base model is meant, where a project has the same name. */
const BASE_PREFIX = 'base:';

/**
 * What a client may give as `model`: each project by its name, the base models on disk, and the embedding model. A base
 * model that a project is named after is listed as `base:<id>`.
 */
export async function listTargets(garden: Garden): Promise<ModelEntry[]> {
  const [projects, local] = await Promise.all([garden.registry.list(), localModels(garden.paths)]);
  const names = new Set(projects.map(({ name }) => name));
  const entry = (id: string, time: string, owner: string): ModelEntry => ({
    ...{ id, object: 'model' as const, owned_by: owner },
    created: Math.floor(Date.parse(time) / 1000) || 0,
  });
  const models = local.map(({ id, manifest }) =>
    entry(
      names.has(id) ? BASE_PREFIX + id : id,
      manifest.fetchedAt,
      manifest.kind === 'base' ? 'base' : 'embedding',
    ),
  );
  return [...projects.map(({ name, createdAt }) => entry(name, createdAt, 'project')), ...models];
}

/**
 * Who answers for a `model`: a project by name or id, else a base model on disk.
 * @throws GardenerError `server.unknown-model`
 */
export async function findTarget(garden: Garden, model: string): Promise<ChatTarget> {
  const projects = await garden.registry.list();
  const project = projects.find(({ name }) => name === model) ?? projects.find(({ id }) => id === model);
  if (project !== undefined) return { project, baseModel: project.baseModel };
  const base = model.startsWith(BASE_PREFIX) ? model.slice(BASE_PREFIX.length) : model;
  if (await isBaseHere(garden, base, projects)) return { project: null, baseModel: base };
  throw new GardenerError(
    'server.unknown-model',
    `There is no model ${JSON.stringify(model.slice(0, 200))}.`,
    {
      remedy: 'GET /v1/models lists them: each project by its name, and the base models on disk.',
      details: { param: 'model' },
    },
  );
}

/** A file of the user's own counts only when a project uses it: a request must not name files. */
async function isBaseHere(garden: Garden, id: string, projects: readonly ProjectRecord[]): Promise<boolean> {
  if (projects.some(({ baseModel }) => baseModel === id)) return true;
  const local = await localModels(garden.paths);
  return local.some((model) => [id, id.toLowerCase()].includes(model.id) && model.kind === 'base');
}
