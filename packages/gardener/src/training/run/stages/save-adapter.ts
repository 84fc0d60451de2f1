import { saveAdapter } from '../../adapters/adapter-store.js';
import type { RunContext } from '../run-context.js';
import type { Material } from './scoring.js';
import type { TrainedAdapter } from './train-adapter.js';

/** An adapter that is saved as a version of its project. */
export interface SavedAdapter {
  version: number;
  directory: string;
}

/** Saves what was trained as the project's next version, with what it was trained with and on. Not promoted yet. */
export async function saveTrained(
  { garden, project, baseModel, description, options }: RunContext,
  { base, data, trained }: Material & { trained: TrainedAdapter },
): Promise<SavedAdapter> {
  const { adapter, learningRate, sequenceLength, seed } = trained.settings;
  const { rank, alpha, dropout } = adapter;
  const { hash, commit, continuedFrom } = data.manifest;
  return saveAdapter(garden.paths, project.id, trained.peftDirectory, base, baseModel, {
    runId: description.id,
    dataHash: hash,
    commit,
    settings: {
      engine: options.engine,
      seed,
      rank,
      alpha,
      dropout,
      learningRate,
      sequenceLength,
      continuedFrom,
    },
  });
}
