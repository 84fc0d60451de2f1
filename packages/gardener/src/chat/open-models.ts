import type { Garden } from '../garden/garden.js';
import { type BaseIdentity, identifyBase } from '../models/base-identity.js';
import { ensureModel, type ModelProgress } from '../models/ensure-model.js';
import { modelOnDisk } from '../models/model-store.js';
import type { GenerationRuntime } from '../models/runtime.js';
import { startRuntime } from '../models/start-runtime.js';

/** Base models kept at work; the one used longest ago goes when another is asked for. */
const maxModels = 2;

/** A base model at work. */
export interface OpenModel {
  baseModel: string;
  runtime: GenerationRuntime;
}

interface Opening {
  model: Promise<OpenModel>;
  /** Once it has started. */
  opened: OpenModel | null;
  /** Calls that use it now. */
  users: number;
}

/** The base models of one process, each started once, when it is first needed. */
export class OpenModels {
  readonly #garden: Pick<Garden, 'paths' | 'settings'>;
  readonly #onProgress: ((progress: ModelProgress) => void) | undefined;
  /** Oldest use first. */
  readonly #models = new Map<string, Opening>();
  readonly #identities = new Map<string, Promise<BaseIdentity | null>>();
  lastError: string | null = null;

  constructor(garden: Pick<Garden, 'paths' | 'settings'>, onProgress?: (progress: ModelProgress) => void) {
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
    const opening = this.#models.get(baseModel) ?? this.#open(baseModel);
    this.#models.delete(baseModel);
    this.#models.set(baseModel, opening);
    opening.users += 1;
    const release = () => {
      opening.users -= 1;
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

  async close(): Promise<void> {
    const openings = [...this.#models.values()];
    this.#models.clear();
    await Promise.all(openings.map((opening) => dispose(opening)));
  }

  #open(baseModel: string): Opening {
    const opening: Opening = { model: this.#start(baseModel), opened: null, users: 0 };
    opening.model.then(
      (model) => {
        opening.opened = model;
      },
      (error: unknown) => {
        this.lastError = error instanceof Error ? error.message : String(error);
        // The next call tries again.
        if (this.#models.get(baseModel) === opening) this.#models.delete(baseModel);
      },
    );
    return opening;
  }

  async #start(baseModel: string): Promise<OpenModel> {
    const { paths, settings } = this.#garden;
    const onProgress = this.#onProgress;
    const runtime = await startRuntime(settings, () =>
      ensureModel(paths, baseModel, { ...(onProgress && { onProgress }) }),
    );
    return { baseModel, runtime };
  }

  /** Ends the model used longest ago when there are too many and nobody uses it. */
  async #makeRoom(): Promise<void> {
    for (const [baseModel, opening] of this.#models) {
      if (this.#models.size <= maxModels) return;
      if (opening.users > 0) continue;
      this.#models.delete(baseModel);
      await dispose(opening);
    }
  }
}

async function dispose({ model }: Opening): Promise<void> {
  const opened = await model.catch(() => null);
  await opened?.runtime.dispose();
}
