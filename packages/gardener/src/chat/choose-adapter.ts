import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GardenPaths } from '../garden/paths.js';
import type { ProjectRecord } from '../garden/project-record.js';

/** The adapter's file for llama.cpp, in its version's folder. */
const ggufFile = 'adapter.gguf';

/** What answers for a project. */
export interface ChosenAdapter {
  /** null = the base model answers. */
  version: number | null;
  file: string | null;
  /** One sentence why, with the remedy where there is one. */
  reason: string;
}

/**
 * The promoted adapter of a project if it can be used, else the base model with the reason.
 * @param baseWeightsSha256 hash of the base's weights file (its manifest has it), or null where it is not known; an
 * adapter of other weights is refused
 */
export async function chooseAdapter(
  paths: GardenPaths,
  project: Pick<ProjectRecord, 'id' | 'name' | 'promotedAdapter'>,
  baseWeightsSha256: string | null,
): Promise<ChosenAdapter> {
  const version = project.promotedAdapter;
  if (version === null) return baseOnly('No adapter is promoted, so the base model answers.');
  const directory = paths.adapter(project.id, version);
  const remedy = `choose another with gardener promote ${project.name}, or train again`;
  const file = join(directory, ggufFile);
  const present = await stat(file).then(
    (facts) => facts.isFile(),
    () => false,
  );
  if (!present)
    return baseOnly(`The file of adapter ${version} is missing, so the base model answers: ${remedy}.`);
  // Loaded late: the command line starts without the trainer.
  const { LoraError, readManifest } = await import('@codebase-gardener/lora');
  try {
    const { base } = await readManifest(directory);
    if (baseWeightsSha256 !== null && base.weightsHash !== baseWeightsSha256) {
      return baseOnly(
        `Adapter ${version} was trained on other weights (${base.name}), so the base model answers: ${remedy}.`,
      );
    }
  } catch (error) {
    if (!LoraError.isInstance(error)) throw error;
    return baseOnly(
      `The manifest of adapter ${version} cannot be used, so the base model answers: ${remedy}.`,
    );
  }
  return { version, file, reason: `Adapter ${version} answers.` };
}

/** The choice of the base model, for a stated reason. */
export function baseOnly(reason: string): ChosenAdapter {
  return { version: null, file: null, reason };
}
