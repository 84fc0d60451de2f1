import type { Garden } from '../garden/garden.js';
import { currentSettings } from '../garden/settings/follow-settings.js';
import type { Settings } from '../garden/settings/settings.js';
import { ensureModel, type ModelProgress } from '../models/store/ensure-model.js';
import { type EmbeddingSettings, startEmbedder } from '../retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../retrieval/index/project-index.js';

/** An embedder in use; not to be disposed, `release` it. */
export interface EmbedderUse {
  embedder: Embedder;
  release(): void;
}

interface Opening {
  /** The settings that it was started with: others make another one. */
  settings: string;
  embedder: Promise<Embedder>;
  /** Who uses it now. */
  users: number;
}

/** The embedding model of one process, started by the first who asks, and anew when its settings have changed. */
export class OpenEmbedder {
  readonly #garden: Garden;
  readonly #onProgress: ((progress: ModelProgress) => void) | undefined;
  #opening: Opening | null = null;
  state: { state: 'not-started' | 'ready' | 'failed'; lastError: string | null } = {
    state: 'not-started',
    lastError: null,
  };

  constructor(garden: Garden, onProgress?: (progress: ModelProgress) => void) {
    this.#garden = garden;
    this.#onProgress = onProgress;
  }

  /** Takes the embedder of the settings in force into use. @throws GardenerError `retrieval.*`, `models.*` */
  async use(): Promise<EmbedderUse> {
    const settings = embeddingSettings(await currentSettings(this.#garden));
    const key = JSON.stringify(settings);
    const before = this.#opening;
    const opening =
      before?.settings === key ? before : { settings: key, embedder: this.#start(settings), users: 0 };
    this.#opening = opening;
    if (before !== null && before !== opening && before.users === 0) void dispose(before);
    opening.users += 1;
    const release = () => {
      opening.users -= 1;
      if (opening.users === 0 && opening !== this.#opening) void dispose(opening);
    };
    try {
      const embedder = await opening.embedder;
      this.state = { state: 'ready', lastError: null };
      return { embedder, release };
    } catch (error) {
      // The next one who asks tries again.
      if (this.#opening === opening) this.#opening = null;
      this.state = { state: 'failed', lastError: error instanceof Error ? error.message : String(error) };
      throw error;
    }
  }

  /** Ends it when nobody uses it now; the next who asks starts it again. */
  async closeUnused(): Promise<void> {
    if (this.#opening?.users === 0) await this.close();
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    if (opening !== null) await dispose(opening);
  }

  #start(settings: EmbeddingSettings): Promise<Embedder> {
    const onProgress = this.#onProgress;
    return startEmbedder(settings, (id) =>
      ensureModel(this.#garden.paths, id, { ...(onProgress && { onProgress }) }),
    );
  }
}

async function dispose({ embedder }: Opening): Promise<void> {
  const started = await embedder.catch(() => null);
  await started?.dispose();
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
