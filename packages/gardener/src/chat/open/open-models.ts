import type { Garden } from '../../garden/garden.js';
import { currentSettings } from '../../garden/settings/follow-settings.js';
import type { Settings } from '../../garden/settings/settings.js';
import type { GenerationRuntime } from '../../models/runtime/runtime.js';
import { type RuntimeSettings, startRuntime } from '../../models/start-runtime.js';
import { type BaseIdentity, identifyBase } from '../../models/store/base-identity.js';
import { ensureModel } from '../../models/store/ensure-model.js';
import type { ModelProgress } from '../../models/store/fetch-files.js';
import { modelOnDisk } from '../../models/store/model-store.js';
import { CountedUses, type Use } from './counted-uses.js';

/** Base models kept at work; the one used longest ago goes when another is asked for. */
const MAX_MODELS = 2;

/** A base model at work. */
export interface OpenModel {
  baseModel: string;
  runtime: GenerationRuntime;
}

interface ModelSettings {
  baseModel: string;
  runtime: RuntimeSettings;
}

/**
 * The base models of one process, each started when it is first needed, and anew when the settings of runtimes have
 * changed.
 */
export class OpenModels {
  readonly #garden: Garden;
  readonly #uses: CountedUses<ModelSettings, OpenModel>;
  readonly #identities = new Map<string, Promise<BaseIdentity | null>>();
  lastError: string | null = null;

  constructor(garden: Garden, onProgress?: (progress: ModelProgress) => void) {
    this.#garden = garden;
    this.#uses = new CountedUses({
      start: async ({ baseModel, runtime }) => ({
        baseModel,
        runtime: await startRuntime(
          runtime,
          () => ensureModel(garden.paths, baseModel, { ...(onProgress && { onProgress }) }),
          garden.paths.modelCopies,
        ),
      }),
      dispose: ({ runtime }) => runtime.dispose(),
      most: MAX_MODELS,
      isWanted: ({ runtime }) => JSON.stringify(runtime) === JSON.stringify(runtimeSettings(garden.settings)),
    });
  }

  /** Those that have started. */
  get opened(): OpenModel[] {
    return this.#uses.started;
  }

  /**
   * Takes a base model into use; `release` it afterwards.
   * @throws GardenerError what the runtime and the model's download throw
   */
  async use(baseModel: string): Promise<Use<OpenModel>> {
    const runtime = runtimeSettings(await currentSettings(this.#garden));
    try {
      return await this.#uses.use({ baseModel, runtime });
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
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
    return this.#uses.closeUnused();
  }

  close(): Promise<void> {
    return this.#uses.close();
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
