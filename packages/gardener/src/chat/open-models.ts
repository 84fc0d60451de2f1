import type { Garden } from '../garden/garden.js';
import { currentSettings } from '../garden/settings/follow-settings.js';
import type { Settings } from '../garden/settings/settings.js';
import type { GenerationRuntime } from '../models/runtime/runtime.js';
import { type RuntimeSettings, startRuntime } from '../models/start-runtime.js';
import { type BaseIdentity, identifyBase } from '../models/store/base-identity.js';
import { ensureModel, type ModelProgress } from '../models/store/ensure-model.js';
import { modelOnDisk } from '../models/store/model-store.js';

/** Base models kept at work; the one used longest ago goes when another is asked for. */
const maxModels = 2;

/** A base model at work. */
export interface OpenModel {
  baseModel: string;
  runtime: GenerationRuntime;
}

interface Opening {
  /** The settings that it was started with: others make another one. */
  settings: string;
  model: Promise<OpenModel>;
  /** Once it has started. */
  opened: OpenModel | null;
  /** Calls that use it now. */
  users: number;
}

/** The base models of one process, each started when it is first needed, and anew when the settings of runtimes have changed. */
export class OpenModels {
  readonly #garden: Garden;
  readonly #onProgress: ((progress: ModelProgress) => void) | undefined;
  /** By base model and settings, oldest use first. */
  readonly #models = new Map<string, Opening>();
  readonly #identities = new Map<string, Promise<BaseIdentity | null>>();
  lastError: string | null = null;

  constructor(garden: Garden, onProgress?: (progress: ModelProgress) => void) {
    this.#garden = garden;
    this.#onProgress = onProgress;
  }

  /** Those that have started. */
  get opened(): OpenModel[] {
    return [...this.#models.values()].flatMap(({ opened }) => opened ?? []);
  }

  /**
   * Takes a base model into use; `release` it afterwards.
   * @throws GardenerError what the runtime and the model's download throw
   */
  async use(baseModel: string): Promise<{ model: OpenModel; release(): void }> {
    const settings = runtimeSettings(await currentSettings(this.#garden));
    const key = JSON.stringify([baseModel, settings]);
    const opening = this.#models.get(key) ?? this.#open(key, baseModel, settings);
    this.#models.delete(key);
    this.#models.set(key, opening);
    opening.users += 1;
    const release = () => {
      opening.users -= 1;
      this.#makeRoom().catch(() => undefined);
    };
    try {
      await this.#makeRoom();
      return { model: await opening.model, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** What an adapter must fit; null where the base model is not on this machine. Starts nothing. */
  identity(baseModel: string): Promise<BaseIdentity | null> {
    const known = this.#identities.get(baseModel);
    if (known !== undefined) return known;
    const finding = modelOnDisk(this.#garden.paths, baseModel)
      .catch(() => null)
      .then((model) => (model === null ? null : identifyBase(model)));
    this.#identities.set(baseModel, finding);
    // A model that is fetched meanwhile is looked at then.
    finding.then(
      (found) => found ?? this.#identities.delete(baseModel),
      () => this.#identities.delete(baseModel),
    );
    return finding;
  }

  /** Ends the models that nobody uses now; the next call starts them again. */
  closeUnused(): Promise<void> {
    return this.#closeUnused(() => true);
  }

  async close(): Promise<void> {
    const openings = [...this.#models.values()];
    this.#models.clear();
    await Promise.all(openings.map((opening) => dispose(opening)));
  }

  #open(key: string, baseModel: string, settings: RuntimeSettings): Opening {
    const opening: Opening = {
      settings: JSON.stringify(settings),
      model: this.#start(baseModel, settings),
      opened: null,
      users: 0,
    };
    opening.model.then(
      (model) => {
        opening.opened = model;
      },
      (error: unknown) => {
        this.lastError = error instanceof Error ? error.message : String(error);
        // The next call tries again.
        if (this.#models.get(key) === opening) this.#models.delete(key);
      },
    );
    return opening;
  }

  async #start(baseModel: string, settings: RuntimeSettings): Promise<OpenModel> {
    const onProgress = this.#onProgress;
    const runtime = await startRuntime(settings, () =>
      ensureModel(this.#garden.paths, baseModel, { ...(onProgress && { onProgress }) }),
    );
    return { baseModel, runtime };
  }

  /** Ends what nobody uses: those of other settings, and the ones used longest ago when there are too many. */
  async #makeRoom(): Promise<void> {
    const settings = JSON.stringify(runtimeSettings(this.#garden.settings));
    await this.#closeUnused((opening) => opening.settings !== settings || this.#models.size > maxModels);
  }

  async #closeUnused(isUnwanted: (opening: Opening) => boolean): Promise<void> {
    for (const [key, opening] of this.#models) {
      if (opening.users > 0 || !isUnwanted(opening)) continue;
      this.#models.delete(key);
      await dispose(opening);
    }
  }
}

/** Of all settings those that a runtime is started with. */
function runtimeSettings(settings: Settings): RuntimeSettings {
  const { runtimeProvider, runtimeUrl, runtimeApiKey, runtimeModel } = settings;
  const { keptAdapters, contextTokens, threads } = settings;
  return {
    ...{ runtimeProvider, runtimeUrl, runtimeApiKey, runtimeModel },
    ...{ keptAdapters, contextTokens, threads },
  };
}

async function dispose({ model }: Opening): Promise<void> {
  const opened = await model.catch(() => null);
  await opened?.runtime.dispose();
}
