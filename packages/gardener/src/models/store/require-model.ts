import { GardenerError } from '../../garden/errors/garden-error.js';
import { damagedModel, type ModelOnDisk, type ModelPaths, modelDamage, modelOnDisk } from './model-store.js';

/**
 * A model that must be on disk by now: commands fetch models before they queue a run, so that work never waits for a
 * network.
 * @throws GardenerError `training.model-missing`, and what `modelOnDisk` throws
 */
export async function requireModel(paths: ModelPaths, id: string): Promise<ModelOnDisk> {
  const model = await modelOnDisk(paths, id);
  if (model !== null) return model;
  const damage = await modelDamage(paths, id);
  if (damage !== null) throw damagedModel(id, damage);
  throw new GardenerError('training.model-missing', `The model ${id} is not on this machine.`, {
    remedy: `Run \`gardener models pull ${id}\`, then start again.`,
    details: { id },
  });
}
