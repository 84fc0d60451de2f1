import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { currentSettings } from '../garden/settings/follow-settings.js';
import type { ModelProgress } from '../models/store/fetch-files.js';
import type { Embedder } from '../retrieval/embedding/embedder.js';
import type { IndexFreshness } from '../retrieval/index/freshness.js';
import type { FreshnessCache } from '../retrieval/index/freshness-cache.js';
import type { ProjectIndex } from '../retrieval/index/project-index.js';
import type { SearchOptions } from '../retrieval/search/search.js';
import type { Use as AdapterPurpose } from '../training/evaluation/uses/who-serves.js';
import { AdapterUse } from './answers/adapter-use.js';
import { answer } from './answers/answer.js';
import { adapterOptions, baseOnly, type ChosenAdapter, chooseAdapter } from './answers/choose-adapter.js';
import { reply } from './answers/reply.js';
import { type AnswerEvent, samplingOf } from './answers/write-answer.js';
import type {
  AskRequest,
  AssistantState,
  ChatTarget,
  CompletionEvent,
  ContinuationRequest,
  MessagesRequest,
  Prepared,
  ProjectSearch,
} from './assistant-requests.js';
import type { Use } from './open/counted-uses.js';
import { OpenIndexes } from './open/open-indexes.js';
import { type OpenModel, OpenModels } from './open/open-models.js';
import { orAborted } from './open/or-aborted.js';

const ANSWERS_ALONE = 'No project is meant, so the base model answers.';
const BASE_WANTED = 'The base model was asked for.';

/** Options of {@link Assistant}. */
export interface AssistantOptions {
  /** Told while a model is fetched. */
  modelProgress?: (progress: ModelProgress) => void;
}

type AdapterWish = Pick<ChatTarget, 'adapter' | 'strength'>;

/** A base model with the adapter that was chosen for one call. */
interface ModelUse {
  model: OpenModel;
  adapter: ChosenAdapter;
}

/**
 * Answers, searches and completes for the projects of a garden, and keeps open what that needs: indexes, the embedding
 * model, base models with adapters. Nothing is opened before it is first needed; `close` closes all of it.
 */
export class Assistant {
  readonly #garden: Garden;
  readonly #models: OpenModels;
  readonly #indexes: OpenIndexes;
  readonly #preparing = new Map<string, Promise<Prepared>>();

  constructor(garden: Garden, { modelProgress }: AssistantOptions = {}) {
    this.#garden = garden;
    this.#models = new OpenModels(garden, modelProgress);
    this.#indexes = new OpenIndexes(garden, modelProgress);
  }

  /** How old the indexes are, as answers tell it; to be told when an index or a codebase has changed. */
  get freshness(): FreshnessCache {
    return this.#indexes.freshnessCache;
  }

  /**
   * Makes a project ready to answer: opens its index, starts embedder and base model, sets up a context
   * with its promoted adapter. Called on switch and when a promotion is seen. Safe to call often;
   * concurrent calls share the work.
   * @throws GardenerError `models.*`, `retrieval.*`
   */
  async prepare(project: ProjectRecord, signal?: AbortSignal): Promise<Prepared> {
    signal?.throwIfAborted();
    let preparing = this.#preparing.get(project.id);
    if (preparing === undefined) {
      preparing = this.#prepare(project).finally(() => this.#preparing.delete(project.id));
      this.#preparing.set(project.id, preparing);
    }
    return orAborted(preparing, signal);
  }

  async #prepare(given: ProjectRecord): Promise<Prepared> {
    const start = performance.now();
    const project = await this.#current(given);
    const index = this.#indexes.readiness(project);
    const embedder = index.then(async (readiness) => {
      if (readiness !== 'none') (await this.#indexes.embedder.use()).release();
    });
    const target = { project, baseModel: project.baseModel };
    embedder.catch(() => undefined);
    const { use, release } = await this.#use(target, null);
    try {
      const adapter = new AdapterUse(use.adapter);
      await adapter.prepare((chosen) =>
        use.model.runtime.prepare({ ...adapterOptions(chosen), turn: project.id }),
      );
      await embedder;
      return { ms: performance.now() - start, adapter: adapter.told, index: await index };
    } finally {
      release();
    }
  }

  /** The index of a project, for what is asked of it without an embedder; not to be kept. */
  index(project: ProjectRecord): ProjectIndex {
    return this.#indexes.index(project);
  }

  /** How old the index of a project is; null when it cannot be told. */
  freshnessOf(project: ProjectRecord): Promise<IndexFreshness | null> {
    return this.#indexes.freshness(project);
  }

  /** @throws GardenerError `retrieval.*` */
  async search(
    project: ProjectRecord,
    query: string,
    { signal, ...options }: SearchOptions & { signal?: AbortSignal },
  ): Promise<ProjectSearch> {
    const start = performance.now();
    const [results, freshness] = await Promise.all([
      this.#indexes.search(project, query, options, signal).then((found) => ({
        found,
        tookMs: performance.now() - start,
      })),
      this.#indexes.freshness(project),
    ]);
    return { results: results.found, freshness, tookMs: results.tookMs };
  }

  /**
   * One exchange of a conversation that Gardener keeps (stored unless `store: false`): text, then one end.
   * @throws GardenerError `chat.empty-question`, `prompt.question-too-long`, `models.*`, `retrieval.*`
   */
  async *answer(given: ProjectRecord, request: AskRequest): AsyncGenerator<AnswerEvent, void> {
    const project = await this.#current(given);
    const target = { project, baseModel: project.baseModel, ...adapterWish(request) };
    const { use, release } = await this.#use(target, 'answers');
    try {
      const { adapter, model } = use;
      const code = request.retrieval === false ? null : await this.#indexes.codeOf(project);
      yield* this.#noting(answer({ ...request, project, runtime: model.runtime, adapter, code }));
    } finally {
      release();
    }
  }

  /**
   * Stateless: the messages are the client's (OpenAI API). project null = the base model named, no retrieval.
   * Retrieval adds code for the last user message unless `retrieval: false`. Ends with an
   * AnswerEnd (conversation null).
   * @throws GardenerError as `answer`
   */
  async *chat(target: ChatTarget, request: MessagesRequest): AsyncGenerator<AnswerEvent, void> {
    const project = target.project === null ? null : await this.#current(target.project);
    const wanted = { ...target, project, ...adapterWish(request) };
    const { use, release } = await this.#use(wanted, 'answers');
    try {
      const code =
        project === null || request.retrieval === false ? null : await this.#indexes.codeOf(project);
      yield* this.#noting(
        reply({
          ...request,
          projectName: project?.name ?? null,
          runtime: use.model.runtime,
          adapter: use.adapter,
          turn: project?.id ?? '',
          code,
        }),
      );
    } finally {
      release();
    }
  }

  /**
   * Goes on with a text, or fills a gap in where `suffix` is given.
   * @throws GardenerError `models.no-fill-in-the-middle` for a gap where the base has no tokens for one; `models.*`
   */
  async *complete(target: ChatTarget, request: ContinuationRequest): AsyncGenerator<CompletionEvent, void> {
    const project = target.project === null ? null : await this.#current(target.project);
    const { use, release } = await this.#use({ ...target, project }, 'completion');
    try {
      const adapter = new AdapterUse(use.adapter);
      const { prompt, suffix, typed, place, maxTokens } = request;
      const generation = adapter.generate((chosen) =>
        use.model.runtime.complete({
          prompt,
          ...(suffix !== undefined && { suffix }),
          ...(typed !== undefined && { typed }),
          ...(place !== undefined && { place }),
          ...adapterOptions(chosen),
          turn: project?.id ?? '',
          ...samplingOf(request),
          maxTokens,
        }),
      );
      let written = '';
      let pieces = 0;
      let promptTokens = 0;
      for await (const event of this.#noting(generation)) {
        if (event.type === 'end') {
          yield { ...event, adapter: adapter.told };
          continue;
        }
        yield event;
        written += event.text;
        pieces += 1;
        promptTokens = event.prompt?.tokens ?? promptTokens;
        if (request.isDone?.(written) !== true) continue;
        yield { type: 'end', reason: 'stop', promptTokens, completionTokens: pieces, adapter: adapter.told };
        return;
      }
    } finally {
      release();
    }
  }

  /** Vectors of texts, by the embedding model of the settings. @throws GardenerError `retrieval.*`, `models.*` */
  async embed(
    texts: readonly string[],
    kind: 'query' | 'document',
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const { value: embedder, release } = await this.#indexes.embedder.use();
    try {
      if (kind === 'document') return await embedder.embed([...texts], signal);
      const vectors: Float32Array[] = [];
      for (const text of texts) vectors.push(await embedder.embedQuery(text, signal));
      return vectors;
    } finally {
      release();
    }
  }

  /** Takes the embedding model that all of it shares into use; started by the first who asks. */
  useEmbedder(): Promise<Use<Embedder>> {
    return this.#indexes.embedder.use();
  }

  /** Tokens that the context of the target's base model holds. */
  async contextTokens(target: ChatTarget): Promise<number> {
    const { value: model, release } = await this.#models.use(target.project?.baseModel ?? target.baseModel);
    release();
    return model.runtime.contextTokens;
  }

  /** Tokens of a text for the target's base model. */
  async countTokens(target: ChatTarget, text: string): Promise<number> {
    const { value: model, release } = await this.#models.use(target.project?.baseModel ?? target.baseModel);
    try {
      return await model.runtime.countTokens(text);
    } finally {
      release();
    }
  }

  /** For /health and the UI: what is loaded, nothing is started by asking. */
  state(): AssistantState {
    const { embedder, projectIds } = this.#indexes;
    const { runtimeProvider, embeddingModel } = this.#garden.settings;
    return {
      runtime: {
        kind: runtimeProvider,
        models: this.#models.opened.map(({ baseModel, runtime }) => {
          const { processId, adapters, queued } = runtime.state();
          return { baseModel, pid: processId, loadedAdapters: adapters.flatMap(adapterOf), queued };
        }),
        lastError: this.#models.lastError,
      },
      embedder: { ...embedder.state, model: embeddingModel },
      indexes: projectIds.map((projectId) => ({ projectId })),
    };
  }

  /** Closes what belongs to a project (removed, or its folder is gone). */
  forget(projectId: string): void {
    this.#indexes.forget(projectId);
  }

  /** Frees the memory of models that no call uses now; the next call starts them again. */
  async closeUnused(): Promise<void> {
    await Promise.all([this.#models.closeUnused(), this.#indexes.embedder.closeUnused()]);
  }

  /** Closes everything, what is in use included. */
  async close(): Promise<void> {
    await Promise.all([this.#models.close(), this.#indexes.close()]);
  }

  /** Keeps the last failure of a runtime for the state; a call that ends well clears it. */
  async *#noting<Event>(events: AsyncIterable<Event>): AsyncGenerator<Event, void> {
    let isWell = false;
    try {
      for await (const event of events) {
        isWell = true;
        yield event;
      }
    } catch (error) {
      isWell = false;
      if (isOfRuntime(error)) this.#models.lastError = error.message;
      throw error;
    } finally {
      // Also where the reader had enough.
      if (isWell) this.#models.lastError = null;
    }
  }

  /** The record as it is now: an adapter promoted since the caller read it answers the next question. */
  #current(project: ProjectRecord): Promise<ProjectRecord> {
    return this.#garden.registry.get(project.id);
  }

  async #use(
    target: ChatTarget,
    purpose: AdapterPurpose | null,
  ): Promise<{ use: ModelUse; release(): void }> {
    const baseModel = target.project?.baseModel ?? target.baseModel;
    // If the model is on this machine already, its adapter is checked while the model starts.
    const early = this.#choose(target, baseModel, purpose);
    early.catch(() => undefined);
    const { value: model, release } = await this.#models.use(baseModel);
    try {
      const { adapter, isBaseKnown } = await early;
      if (isBaseKnown) return { use: { model, adapter }, release };
      // The model has been fetched meanwhile.
      return { use: { model, adapter: (await this.#choose(target, baseModel, purpose)).adapter }, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #choose(
    { project, adapter, strength }: ChatTarget,
    baseModel: string,
    purpose: AdapterPurpose | null,
  ): Promise<{ adapter: ChosenAdapter; isBaseKnown: boolean }> {
    const settled = (adapter: ChosenAdapter) => ({ adapter, isBaseKnown: true });
    if (project === null) return settled(baseOnly(ANSWERS_ALONE));
    if (adapter === 'base') return settled(baseOnly(BASE_WANTED));
    const { paths } = this.#garden;
    if (project.promotedAdapter === null) return settled(await chooseAdapter(paths, project, null));
    const { adapterStrength } = await currentSettings(this.#garden);
    const wanted = strength ?? (adapterStrength === 'auto' ? null : adapterStrength);
    const base = await this.#models.identity(baseModel);
    return {
      adapter: await chooseAdapter(paths, project, base, purpose, wanted),
      isBaseKnown: base !== null,
    };
  }
}

/** What a request wants of the adapter, in the place of what its target says. */
function adapterWish({ adapter, strength }: Pick<AskRequest, 'adapter' | 'strength'>): AdapterWish {
  return { ...(adapter && { adapter }), ...(strength !== undefined && { strength }) };
}

/**
 * Project and version of an adapter as a runtime names it: by file (`…/projects/<id>/adapters/<n>/adapter.gguf`) or by
 * name.
 */
function adapterOf(adapter: string): { projectId: string; version: number }[] {
  const found =
    /projects[\\/]([a-z2-7]+)[\\/]adapters[\\/](\d+)[\\/]/.exec(adapter) ??
    /gardener-([a-z2-7]+)-v(\d+)/.exec(adapter);
  const [, projectId, version] = found ?? [];
  return projectId === undefined ? [] : [{ projectId, version: Number(version) }];
}

/** Whether a failure is the runtime's and not the question's or the reader's. */
function isOfRuntime(error: unknown): error is GardenerError {
  return (
    GardenerError.isInstance(error) &&
    /^models\.(runtime|server|context|generation|bad-model|not-on-server)/.test(error.code)
  );
}
