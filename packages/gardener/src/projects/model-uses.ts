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
