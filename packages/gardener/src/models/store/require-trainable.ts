import { GardenerError } from '../../garden/errors/garden-error.js';
import { findModel } from './find-model.js';
import type { ModelPaths } from './model-store.js';
import { requireModel } from './require-model.js';

/** What a base that llama.cpp may know nevertheless is refused for. */
export function isOfOthers(code: string): boolean {
  return NOT_OURS.test(code);
}

const NOT_OURS = /^(transformer\.unsupported-|transformer\.bad-chat-template$|weights\.unsupported-type$)/;

/**
 * Refuses a base model on disk that the trainer could not open: its header is read and every tensor's name, shape and
 * type compared with its architecture; no matrices are read.
 * @throws GardenerError `models.not-a-base`, `models.not-trainable`, `training.model-missing`, and what `requireModel`
 * throws; LoraError `weights.*`, `transformer.*` for a file that is damaged
 */
export async function requireTrainable(paths: ModelPaths, id: string): Promise<void> {
  requireBase(id);
  const { weights } = await requireModel(paths, id);
  // Loaded late: the command line starts without the trainer.
  const { LoraError, loadBaseModel } = await import('@codebase-gardener/lora');
  try {
    // The hash does not leave this function, so it need not be right.
    const base = await loadBaseModel(weights, { weightsHash: '' });
    await base[Symbol.asyncDispose]();
  } catch (error) {
    if (!LoraError.isInstance(error) || !isOfOthers(error.code)) throw error;
    throw new GardenerError('models.not-trainable', `${id} cannot be trained. ${error.message}`, {
      remedy: `${error.remedy} Without training it can answer: gardener add <path> --base <model> --no-train.`,
      details: { id, reason: error.code },
      cause: error,
    });
  }
}

/**
 * Refuses a model that is no base model.
 * @returns the base model's own id
 * @throws GardenerError `models.not-a-base`, `models.unknown-model`, `models.missing-file`
 */
export function requireBase(id: string): string {
  const entry = findModel(id);
  if (entry.kind === 'base') return entry.id;
  throw new GardenerError('models.not-a-base', `${entry.id} is a model for search and cannot answer.`, {
    remedy: 'Choose a base model of `gardener models list`, or give the path of a GGUF file.',
    details: { id },
  });
}
