import type { BaseModel } from '@codebase-gardener/lora';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Garden } from '../../garden/garden.js';
import { modelOnDisk } from '../../models/store/model-store.js';

/**
 * Opens a base model that is on disk; close it after use.
 * @throws GardenerError `training.model-missing`; LoraError `transformer.*`, `weights.*`
 */
export async function openBase({ paths }: Garden, id: string): Promise<BaseModel> {
  const model = await modelOnDisk(paths, id);
  if (model === null) {
    throw new GardenerError('training.model-missing', `The model ${id} is not on this machine.`, {
      remedy: `Run \`gardener models pull ${id}\`.`,
      details: { id },
    });
  }
  const { loadBaseModel } = await import('@codebase-gardener/lora');
  return loadBaseModel(model.weights);
}
