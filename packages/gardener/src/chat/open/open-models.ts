import { fileVersion } from '../../garden/files/file-version.js';
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
  writing: number;
}

/** A base model's files as they were when they were looked at last. */
interface SeenBase {
  files: readonly string[];
  /** Another text once one of the files was written or replaced; null where the model is not on this machine. */
  version: string | null;
  /** Counts the versions that came after one another. */
  writing: number;
  identity: Promise<BaseIdentity | null> | null;
}

/**
 * The base models of one process, each started when it is first needed, and anew when the settings of runtimes or the
 * model's files have changed.
 */
export class OpenModels {
  readonly #garden: Garden;
  readonly #uses: CountedUses<ModelSettings, OpenModel>;
  readonly #bases = new Map<string, SeenBase>();
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
      isWanted: ({ baseModel, runtime, writing }) =>
        writing === this.#bases.get(baseModel)?.writing &&
        JSON.stringify(runtime) === JSON.stringify(runtimeSettings(garden.settings)),
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
    const { writing } = await this.#look(baseModel);
    try {
      return await this.#uses.use({ baseModel, runtime, writing });
    } catch (error) {
      this.lastError = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  /** What an adapter must fit; null where the base model is not on this machine. Starts nothing. */
  async identity(baseModel: string): Promise<BaseIdentity | null> {
    const base = await this.#look(baseModel);
    if (base.version === null) return null;
    base.identity ??= this.#identify(baseModel).then(
      (found) => {
        // A manifest that could not be read is read again.
        if (found === null) base.identity = null;
        return found;
      },
      (error: unknown) => {
        base.identity = null;
        throw error;
      },
    );
    return base.identity;
  }

  async #identify(baseModel: string): Promise<BaseIdentity | null> {
    const model = await modelOnDisk(this.#garden.paths, baseModel).catch(() => null);
    return model === null ? null : identifyBase(model);
  }

  /** The files of a base model; where they are not those of the last look, what the store has now. */
  async #look(baseModel: string): Promise<SeenBase> {
    const known = this.#bases.get(baseModel);
    if (known && known.version !== null && (await versionOf(known.files)) === known.version) return known;
    const model = await modelOnDisk(this.#garden.paths, baseModel).catch(() => null);
    const files = Object.values(model?.files ?? {});
    const version = await versionOf(files);
    const last = this.#bases.get(baseModel);
    if (last?.version === version) return last;
    // What is fetched is the model that was asked for: only one that was here can have been replaced.
    const writing = (last?.writing ?? 0) + (last && last.version !== null ? 1 : 0);
    const base = { files, version, writing, identity: null };
    this.#bases.set(baseModel, base);
    return base;
  }

  /** Ends the models that nobody uses now; the next call starts them again. */
  closeUnused(): Promise<void> {
    return this.#uses.closeUnused();
  }

  close(): Promise<void> {
    return this.#uses.close();
  }
}

/** Which writing of some files it is, and where they are; null where one is not there, or where there are none. */
async function versionOf(files: readonly string[]): Promise<string | null> {
  const versions = await Promise.all(files.map(fileVersion));
  if (versions.length === 0 || versions.includes(null)) return null;
  return JSON.stringify([files, versions]);
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
