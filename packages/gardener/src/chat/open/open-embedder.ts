import type { Garden } from '../../garden/garden.js';
import { currentSettings } from '../../garden/settings/follow-settings.js';
import type { Settings } from '../../garden/settings/settings.js';
import { ensureModel } from '../../models/store/ensure-model.js';
import type { ModelProgress } from '../../models/store/fetch-files.js';
import { type EmbeddingSettings, startEmbedder } from '../../retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../../retrieval/embedding/embedder.js';
import { CountedUses, type Use } from './counted-uses.js';

/** Whether the embedding model of a process could be started when it was last needed. */
export interface EmbedderState {
  state: 'not-started' | 'ready' | 'failed';
  lastError: string | null;
}

/** The embedding model of one process, started by the first who asks, and anew when its settings have changed. */
export class OpenEmbedder {
  readonly #garden: Garden;
  readonly #uses: CountedUses<EmbeddingSettings, Embedder>;
  state: EmbedderState = { state: 'not-started', lastError: null };

  constructor(garden: Garden, onProgress?: (progress: ModelProgress) => void) {
    this.#garden = garden;
    this.#uses = new CountedUses({
      start: (settings) =>
        startEmbedder(settings, (id) => ensureModel(garden.paths, id, { ...(onProgress && { onProgress }) })),
      dispose: (embedder) => embedder.dispose(),
      most: 1,
    });
  }

  /** Takes the embedder of the settings in force into use. @throws GardenerError `retrieval.*`, `models.*` */
  async use(): Promise<Use<Embedder>> {
    const settings = embeddingSettings(await currentSettings(this.#garden));
    try {
      const use = await this.#uses.use(settings);
      this.state = { state: 'ready', lastError: null };
      return use;
    } catch (error) {
      this.state = { state: 'failed', lastError: error instanceof Error ? error.message : String(error) };
      throw error;
    }
  }

  /** Ends it when nobody uses it now; the next who asks starts it again. */
  closeUnused(): Promise<void> {
    return this.#uses.closeUnused();
  }

  close(): Promise<void> {
    return this.#uses.close();
  }
}

/** Of all settings those that an embedder is started with. */
function embeddingSettings(settings: Settings): EmbeddingSettings {
  const { embeddingProvider, embeddingModel, embeddingUrl, embeddingApiKey } = settings;
  const { embeddingQueryPrefix, embeddingDocumentPrefix, threads } = settings;
  return {
    ...{ embeddingProvider, embeddingModel, embeddingUrl, embeddingApiKey },
    ...{ embeddingQueryPrefix, embeddingDocumentPrefix, threads },
  };
}
