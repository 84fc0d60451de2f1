import { GardenerError } from '../garden/errors/garden-error.js';
import type { Settings } from '../garden/settings/settings.js';
import { findModel } from './store/find-model.js';
import { requireBase } from './store/require-trainable.js';

/**
 * Refuses settings that name a model that nobody knows, or one of the wrong kind. Only what is changed is looked at.
 * @param changes values by key, as they are to be written; null takes one back to its default
 * @throws GardenerError `models.unknown-model`, `models.missing-file`, `models.not-a-base`, `models.not-an-embedding`
 */
export function checkModelSettings(
  current: Pick<Settings, 'embeddingProvider'>,
  changes: Readonly<Record<string, unknown>>,
): void {
  const { baseModel, embeddingModel, embeddingProvider = current.embeddingProvider } = changes;
  if (typeof baseModel === 'string') requireBase(baseModel);
  // Elsewhere it is a directory, or what a server calls it.
  const isOfCatalogue = embeddingProvider === null || embeddingProvider === 'catalogue';
  if (typeof embeddingModel !== 'string' || !isOfCatalogue) return;
  if (findModel(embeddingModel).kind === 'embedding') return;
  throw new GardenerError('models.not-an-embedding', `${embeddingModel} is a base model and cannot search.`, {
    remedy: 'Choose a model of the kind embedding, as `gardener models list` shows them.',
    details: { embeddingModel },
  });
}
