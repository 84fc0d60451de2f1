import type { BaseModel } from '@codebase-gardener/lora';
import type { GardenPaths } from '../../garden/files/paths.js';
import { hashOfWeights } from '../../models/store/base-identity.js';
import { requireModel } from '../../models/store/require-model.js';

/**
 * Opens a base model that is on disk: `await using base = await openBase(...)`.
 * @throws GardenerError `training.model-missing`, `models.*`; LoraError `transformer.*`, `weights.*`
 */
export async function openBase(paths: GardenPaths, id: string): Promise<BaseModel> {
  const model = await requireModel(paths, id);
  const { loadBaseModel } = await import('@codebase-gardener/lora');
  return loadBaseModel(model.weights, { weightsHash: await hashOfWeights(model) });
}

/** What making examples needs of a base model. */
export type BaseFacts = Pick<BaseModel, 'tokenizer' | 'chatTemplate'> & { contextLength: number };

/**
 * The tokenizer, chat template and context length of a base model: nothing stays open, and its gigabytes are not
 * hashed.
 * @throws as `openBase`
 */
export async function readBaseFacts(paths: GardenPaths, id: string): Promise<BaseFacts> {
  const { weights } = await requireModel(paths, id);
  const { loadBaseModel } = await import('@codebase-gardener/lora');
  // Nobody sees the hash: it is not among the facts returned.
  await using base = await loadBaseModel(weights, { weightsHash: '' });
  const { tokenizer, chatTemplate, config } = base;
  return { tokenizer, chatTemplate, contextLength: config.contextLength };
}
