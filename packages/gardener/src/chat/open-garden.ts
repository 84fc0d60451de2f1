import { GardenerError } from '../garden/errors/garden-error.js';
import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import type { SearchOptions } from '../retrieval/index/project-index.js';
import { answer } from './answer.js';
import { AdapterChooser, baseOnly, type ChosenAdapter } from './choose-adapter.js';
import type { EmbedderUse } from './open-embedder.js';
import { OpenIndexes } from './open-indexes.js';
import { type OpenModel, OpenModels } from './open-models.js';
import type {
  ChatTarget,
  CompletionEvent,
  OpenAnswerRequest,
  OpenChatRequest,
  OpenCompletionRequest,
  OpenProjects,
  OpenProjectsOptions,
  OpenProjectsState,
  Prepared,
  ProjectSearch,
} from './open-projects.js';
import { reply } from './reply.js';
import { AdapterUse, type AnswerEvent, samplingOf } from './write-answer.js';

const answersAlone = 'No project is meant, so the base model answers.';
const baseWanted = 'The base model was asked for.';

/** A base model with the adapter that was chosen for one call. */
interface Use {
  model: OpenModel;
  adapter: ChosenAdapter;
}

/** Keeps indexes, embedder and base models of a garden open. See {@link OpenProjects}. */
export class OpenGarden implements OpenProjects {
  readonly #garden: Garden;
  readonly #models: OpenModels;
  readonly #indexes: OpenIndexes;
  readonly #adapters: AdapterChooser;
  readonly #preparing = new Map<string, Promise<Prepared>>();

  constructor(garden: Garden, { modelProgress }: OpenProjectsOptions) {
    this.#garden = garden;
    this.#models = new OpenModels(garden, modelProgress);
    this.#indexes = new OpenIndexes(garden, modelProgress);
    this.#adapters = new AdapterChooser(garden.paths);
  }

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
    const { use, release } = await this.#use(target);
    try {
      const adapter = new AdapterUse(use.adapter);
      await adapter.prepare(({ file, name }) =>
        use.model.runtime.prepare({
          adapter: file,
          turn: project.id,
          ...(name !== null && { adapterName: name }),
        }),
      );
      await embedder;
      return { ms: performance.now() - start, adapter: adapter.told, index: await index };
    } finally {
      release();
    }
  }

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
      this.#indexes.freshness(project).catch(() => null),
    ]);
    return { results: results.found, freshness, tookMs: results.tookMs };
  }

  async *answer(given: ProjectRecord, request: OpenAnswerRequest): AsyncGenerator<AnswerEvent, void> {
    const project = await this.#current(given);
    const target = {
      project,
      baseModel: project.baseModel,
      ...(request.adapter && { adapter: request.adapter }),
    };
    const { use, release } = await this.#use(target);
    try {
      const { adapter, model } = use;
      const code = request.retrieval === false ? null : await this.#indexes.codeOf(project);
      yield* this.#noting(answer({ ...request, project, runtime: model.runtime, adapter, code }));
    } finally {
      release();
    }
  }

  async *chat(target: ChatTarget, request: OpenChatRequest): AsyncGenerator<AnswerEvent, void> {
    const project = target.project === null ? null : await this.#current(target.project);
    const { use, release } = await this.#use({
      ...target,
      project,
      ...(request.adapter && { adapter: request.adapter }),
    });
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

  async *complete(target: ChatTarget, request: OpenCompletionRequest): AsyncGenerator<CompletionEvent, void> {
    const project = target.project === null ? null : await this.#current(target.project);
    const { use, release } = await this.#use({ ...target, project });
    try {
      const adapter = new AdapterUse(use.adapter);
      const { prompt, suffix, maxTokens } = request;
      const generation = adapter.generate(({ file, name }) =>
        use.model.runtime.complete({
          prompt,
          ...(suffix !== undefined && { suffix }),
          adapter: file,
          ...(name !== null && { adapterName: name }),
          turn: project?.id ?? '',
          ...samplingOf(request),
          maxTokens,
        }),
      );
      for await (const event of this.#noting(generation)) {
        yield event.type === 'text' ? event : { ...event, adapter: adapter.told };
      }
    } finally {
      release();
    }
  }

  async embed(
    texts: readonly string[],
    kind: 'query' | 'document',
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const { embedder, release } = await this.#indexes.embedder.use();
    try {
      if (kind === 'document') return await embedder.embed([...texts], signal);
      const vectors: Float32Array[] = [];
      for (const text of texts) vectors.push(await embedder.embedQuery(text, signal));
      return vectors;
    } finally {
      release();
    }
  }

  useEmbedder(): Promise<EmbedderUse> {
    return this.#indexes.embedder.use();
  }

  async countTokens(target: ChatTarget, text: string): Promise<number> {
    const { model, release } = await this.#models.use(target.project?.baseModel ?? target.baseModel);
    try {
      return await model.runtime.countTokens(text);
    } finally {
      release();
    }
  }

  state(): OpenProjectsState {
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

  async forget(projectId: string): Promise<void> {
    this.#indexes.forget(projectId);
  }

  async closeUnused(): Promise<void> {
    await Promise.all([this.#models.closeUnused(), this.#indexes.embedder.closeUnused()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#models.close(), this.#indexes.close()]);
  }

  /** Keeps the last failure of a runtime for the state; a call that ends well clears it. */
  async *#noting<Event>(events: AsyncIterable<Event>): AsyncGenerator<Event, void> {
    try {
      yield* events;
      this.#models.lastError = null;
    } catch (error) {
      if (isOfRuntime(error)) this.#models.lastError = error.message;
      throw error;
    }
  }

  /** The record as it is now: an adapter promoted since the caller read it answers the next question. */
  #current(project: ProjectRecord): Promise<ProjectRecord> {
    return this.#garden.registry.get(project.id);
  }

  async #use(target: ChatTarget): Promise<{ use: Use; release(): void }> {
    const baseModel = target.project?.baseModel ?? target.baseModel;
    // Its adapter is looked at while the model starts, where the model is on this machine already.
    const early = this.#choose(target, baseModel);
    early.catch(() => undefined);
    const { model, release } = await this.#models.use(baseModel);
    try {
      await early;
      // Once more, for a model that was fetched meanwhile; what was found out before is kept.
      return { use: { model, adapter: await this.#choose(target, baseModel) }, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #choose({ project, adapter }: ChatTarget, baseModel: string): Promise<ChosenAdapter> {
    if (project === null) return baseOnly(answersAlone);
    if (adapter === 'base') return baseOnly(baseWanted);
    if (project.promotedAdapter === null) return this.#adapters.choose(project, null);
    return this.#adapters.choose(project, await this.#models.identity(baseModel));
  }
}

/** Project and version of an adapter as a runtime names it: by file (`…/projects/<id>/adapters/<n>/adapter.gguf`) or by name. */
function adapterOf(adapter: string): { projectId: string; version: number }[] {
  const found =
    /projects[\\/]([a-z2-7]+)[\\/]adapters[\\/](\d+)[\\/]/.exec(adapter) ??
    /gardener-([a-z2-7]+)-v(\d+)/.exec(adapter);
  return found === null ? [] : [{ projectId: found[1]!, version: Number(found[2]) }];
}

/** Whether a failure is the runtime's and not the question's or the reader's. */
function isOfRuntime(error: unknown): error is GardenerError {
  return (
    GardenerError.isInstance(error) &&
    /^models\.(runtime|server|context|generation|bad-model|not-on-server)/.test(error.code)
  );
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return await new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
