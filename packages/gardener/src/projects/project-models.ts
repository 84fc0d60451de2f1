import type { Settings } from '../garden/settings/settings.js';

/**
 * The models that a project of `baseModel` needs: that base, and the embedding model of the settings
 * when it is of the catalogue.
 */
export function projectModels(settings: Settings, baseModel: string): string[] {
  const { embeddingProvider, embeddingModel } = settings;
  return embeddingProvider === 'catalogue' ? [baseModel, embeddingModel] : [baseModel];
}
