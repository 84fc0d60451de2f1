import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import { openRuns } from '../garden/runs/runs.js';
import { baseOfAdapter } from '../training/adapters/adapter-base.js';
import { adapterVersions } from '../training/adapters/adapter-store.js';
import { projectModels } from './project-models.js';

/** A project that needs a model. */
export interface ModelUse {
  projectName: string;
  /** Whether it answers or searches with it. */
  answers: boolean;
  /** Adapters that were trained on it: without it none of them can be used. */
  adapters: number[];
  /** Whether a run is queued or under way with it. */
  trains: boolean;
}

/** What a project needs a model for, one sentence. */
export function useInWords({ projectName, answers, adapters, trains }: ModelUse, model: string): string {
  const count = adapters.length;
  const parts = [
    ...(answers ? ['it answers and searches with it'] : []),
    ...(trains ? ['a training of it is queued or under way'] : []),
    ...(count > 0 ? [count === 1 ? '1 adapter of it needs it' : `${count} adapters of it need it`] : []),
  ];
  return `${projectName} uses ${model}: ${parts.join(', ')}.`;
}

/**
 * Refuses to take a model away that projects need.
 * @throws GardenerError `models.in-use` naming them
 */
export async function requireUnused(garden: Garden, model: string): Promise<void> {
  const uses = await usesOfModel(garden, model);
  if (uses.length === 0) return;
  const sentences = uses.map((use) => useInWords(use, model));
  throw new GardenerError('models.in-use', sentences.join(' '), {
    remedy:
      'Give those projects another base first, or delete it all the same: they can answer again once it is back.',
    details: { model, projects: uses.map(({ projectName }) => projectName) },
  });
}

/** The projects that cannot do without a model. */
export async function usesOfModel({ paths, registry, settings }: Garden, model: string): Promise<ModelUse[]> {
  const runs = await openRuns(paths);
  const uses: ModelUse[] = [];
  for (const project of await registry.list()) {
    const versions = await adapterVersions(paths, project.id);
    const bases = await Promise.all(versions.map((version) => baseOfAdapter(paths, project, version)));
    const use = {
      projectName: project.name,
      answers: projectModels(settings, project.baseModel).includes(model),
      adapters: versions.filter((_, index) => bases[index] === model),
      trains: runs.some(
        ({ description }) => description.projectId === project.id && description.options.baseModel === model,
      ),
    };
    if (use.answers || use.trains || use.adapters.length > 0) uses.push(use);
  }
  return uses;
}
