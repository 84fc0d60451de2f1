import { FactsLog } from '../../codebase/graph/facts-log.js';
import { GraphReader } from '../../codebase/graph/graph-reader.js';
import { GraphRecorder } from '../../codebase/graph/graph-recorder.js';
import type { SymbolGraph } from '../../codebase/graph/symbol-graph.js';
import { stamped } from '../../codebase/read/file-stamp.js';
import type { FileOutcome } from '../../codebase/walk/file-outcome.js';
import { headCommit } from '../../codebase/walk/git-list.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { withLock } from '../../garden/files/file-lock.js';
import { fileVersion } from '../../garden/files/file-version.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import { inProjectFolder } from '../../garden/files/project-folder.js';
import type { Embedder } from '../embedding/embedder.js';
import { EmbeddingCache } from '../embedding/embedding-cache.js';
import { type Related, relatedTo } from '../search/related.js';
import { type SearchOptions, type SearchResult, searchChunks } from '../search/search.js';
import { type LineSearch, type LineSearchOptions, searchLines } from '../search/search-lines.js';
import { type SymbolQuery, type SymbolUses, symbolUses } from '../search/symbol-uses.js';
import { ChunkStore } from '../store/chunk-store.js';
import { damagedIndex, isDamage } from '../store/damaged-index.js';
import { type IndexManifest, manifestFile, readFileStates, readManifest } from '../store/manifest.js';
import { type FreshnessOptions, type IndexFreshness, indexFreshness } from './freshness.js';
import { noIndex, nothingIndexed, otherEmbeddingModel } from './index-errors.js';
import { type IndexItem, type IndexSource, IndexUpdate, type UpdateProgress } from './index-update.js';

/** Options of {@link ProjectIndex.update}. */
export interface UpdateOptions {
  /** Root of the codebase. */
  root: string;
  /** The commit that `files` are at. By default the repository at the root is asked. */
  commit?: string | null;
  onProgress?: (progress: UpdateProgress) => void;
  signal?: AbortSignal;
  /** How long to wait for another update of this project to end. Defaults to 15 s. */
  lockTimeoutMs?: number;
  /** Whether all of the table is read first to find damage. Defaults to true; without it only what is met is mended. */
  verify?: boolean;
}

/** Whether a project can be searched: `building` can, over the part that is there. */
export type IndexHealth =
  | { state: 'none' | 'building' | 'ready'; error: null }
  | { state: 'damaged'; error: GardenerError };

/** Longer than the lock of a killed process lives. */
const LOCK_TIMEOUT_MS = 15_000;

/** Options of {@link ProjectIndex}. */
export interface IndexOptions {
  /** Room for the embeddings kept of one model, in MB; what is over it goes after an update. Defaults to 1,024. */
  embeddingCacheMegabytes?: number;
}

/**
 * The index of one project; nothing is created before the first update. Any number of processes may search it while one
 * updates it.
 */
export class ProjectIndex {
  readonly #options: IndexOptions;
  readonly #paths: GardenPaths;
  readonly #projectId: string;
  readonly #directory: string;
  #store: { model: string; store: ChunkStore } | null = null;
  readonly #graph: GraphReader;
  /** Where updates write what the graph is made of. */
  readonly #facts: FactsLog;
  #cache: { model: string; cache: EmbeddingCache } | null = null;
  #manifest: { version: string | null; manifest: IndexManifest | null } | null = null;

  constructor(paths: GardenPaths, projectId: string, options: IndexOptions = {}) {
    this.#options = options;
    this.#paths = paths;
    this.#projectId = projectId;
    this.#directory = paths.index(projectId);
    this.#graph = new GraphReader(this.#directory);
    this.#facts = new FactsLog(this.#directory);
  }

  /**
   * Makes the index equal to `files`, which must be all files of the codebase: unchanged ones (by hash) keep their
   * rows, changed ones are replaced, the others' rows are removed. A function is told what is known, so that it need
   * not read it. Works in commits, so that search sees the part that is there. A damaged index, or one of another
   * embedding model, is built anew; nothing is embedded twice.
   *
   * @throws GardenerError `retrieval.nothing-indexed` when no file gave a chunk; `garden.busy` while another process
   * updates; `garden.unknown-project` when the project is removed; what `files` or the embedder throw; the signal's
   * reason when aborted. The index is consistent in every case
   */
  async update(
    files: AsyncIterable<IndexItem> | IndexSource,
    embedder: Embedder,
    options: UpdateOptions,
  ): Promise<IndexManifest> {
    const lock = this.#paths.lockFile(`index-${this.#projectId}`);
    const update = async () => {
      options.signal?.throwIfAborted();
      const work = () => this.#updateLocked(files, embedder, options);
      return inProjectFolder(this.#paths, this.#projectId, this.#directory, work);
    };
    const manifest = await withLock(lock, update, {
      timeoutMs: options.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    });
    if (manifest.chunks === 0) throw nothingIndexed(manifest);
    return manifest;
  }

  async #updateLocked(
    files: AsyncIterable<IndexItem> | IndexSource,
    embedder: Embedder,
    options: UpdateOptions,
  ): Promise<IndexManifest> {
    const { root, onProgress, signal, verify = true } = options;
    const store = this.#storeFor(embedder.id);
    await prepareTable(store, embedder.dimension, verify);
    const cache = await this.#cacheFor(embedder);
    try {
      const update = await IndexUpdate.begin({
        directory: this.#directory,
        store,
        cache,
        embedder,
        commit: options.commit === undefined ? await headCommit(root) : options.commit,
        // A damaged list is set aside by the reader and made anew.
        earlier: await readFileStates(this.#directory).catch(() => []),
        ...(onProgress ? { onProgress } : {}),
        ...(signal ? { signal } : {}),
      });
      const graph = await GraphRecorder.begin(this.#facts, stamped);
      // A file that the graph does not know is parsed again, changed or not.
      const known = (path: string) => {
        const file = update.known(path);
        return file !== undefined && graph.knows(file) ? file : undefined;
      };
      await update.read(graph.record(typeof files === 'function' ? files(known) : files));
      // The graph need not wait for vectors.
      const saving = graph.save();
      saving.catch(() => undefined);
      try {
        return await update.finish();
      } finally {
        await saving;
      }
    } catch (error) {
      if (verify || typeof files !== 'function' || !isDamage(error)) throw error;
      return await this.#updateLocked(files, embedder, { ...options, verify: true });
    } finally {
      await cache.tidy();
    }
  }

  /**
   * The chunks that answer `query` best, best first.
   * @throws GardenerError `retrieval.no-index`, `retrieval.nothing-indexed`, `retrieval.other-embedding-model`,
   * `retrieval.damaged-index`, `retrieval.bad-glob`
   */
  async search(query: string, embedder: Embedder, options: SearchOptions = {}): Promise<SearchResult[]> {
    const manifest = await this.#searchable();
    if (manifest.embeddingModel !== embedder.id)
      throw otherEmbeddingModel(manifest.embeddingModel, embedder.id);
    // Read while the rest is looked for; awaited by the search, which throws its failure.
    const graph = options.graph === undefined ? this.symbolGraph() : Promise.resolve(options.graph);
    graph.catch(() => undefined);
    const vector = () => embedder.embedQuery(query);
    return searchChunks(this.#storeFor(embedder.id), query, vector, { ...options, graph });
  }

  /**
   * Every line that holds a text or matches a regular expression; needs no embedder.
   * @throws GardenerError `retrieval.no-index`, `retrieval.nothing-indexed`, `retrieval.damaged-index`,
   * `retrieval.bad-pattern`, `retrieval.bad-glob`
   */
  async lines(options: LineSearchOptions): Promise<LineSearch> {
    const { embeddingModel } = await this.#searchable();
    return searchLines(this.#storeFor(embeddingModel), options);
  }

  /**
   * What belongs to a line of a file: what it uses, what uses it, and what is like it; needs no embedder.
   * @throws GardenerError as {@link lines}, `retrieval.unknown-place`
   */
  async related(place: { path: string; line: number }, limit?: number): Promise<Related> {
    const { embeddingModel } = await this.#searchable();
    return relatedTo(this.#storeFor(embeddingModel), await this.symbolGraph(), place, limit);
  }

  /** Definition and references of a symbol. @throws GardenerError as {@link lines}, `retrieval.unknown-symbol` */
  async symbol(query: SymbolQuery): Promise<SymbolUses> {
    const { embeddingModel } = await this.#searchable();
    return symbolUses(this.#storeFor(embeddingModel), await this.symbolGraph(), query);
  }

  async #searchable(): Promise<IndexManifest> {
    const manifest = await this.manifest();
    if (manifest === null) throw noIndex();
    if (manifest.chunks === 0) throw nothingIndexed(manifest);
    return manifest;
  }

  /** What the index holds, or null before the first update. @throws GardenerError `retrieval.damaged-index` */
  async manifest(): Promise<IndexManifest | null> {
    try {
      // Every search asks: read again only when it is another file.
      const version = await fileVersion(manifestFile(this.#directory));
      if (version === null || this.#manifest?.version !== version) {
        this.#manifest = { version, manifest: await readManifest(this.#directory) };
      }
      return this.#manifest.manifest;
    } catch (error) {
      if (GardenerError.isInstance(error) && error.code === 'garden.damaged-file') {
        throw damagedIndex(this.#directory, error);
      }
      throw error;
    }
  }

  /** The outcome of every file of the last update, sorted by path, with the places of its secrets. */
  async outcomes(): Promise<FileOutcome[]> {
    const states = await readFileStates(this.#directory);
    return states.map(({ path, outcome, reason, secrets, isRecovered }) => ({
      path,
      outcome,
      reason,
      ...(secrets ? { secrets } : {}),
      ...(isRecovered ? { isRecovered } : {}),
    }));
  }

  /**
   * At which commit the index is and how many files of the codebase at `root` have changed since; null before the first
   * update.
   * @throws GardenerError `garden.damaged-file`, `retrieval.other-version`
   */
  freshness(root: string, options: FreshnessOptions = {}): Promise<IndexFreshness | null> {
    return indexFreshness(this.#directory, root, options);
  }

  /** Who defines, calls, uses and imports what; null before the first update, and after damage until the next one. */
  symbolGraph(): Promise<SymbolGraph | null> {
    return this.#graph.current();
  }

  /** Reads the whole table once to find damage. */
  async health(): Promise<IndexHealth> {
    try {
      const manifest = await this.manifest();
      if (manifest === null) return { state: 'none', error: null };
      await this.#storeFor(manifest.embeddingModel).verify();
      return { state: manifest.complete ? 'ready' : 'building', error: null };
    } catch (error) {
      if (isDamage(error)) return { state: 'damaged', error };
      throw error;
    }
  }

  /** Lets go of the table; the next call opens it again. */
  close(): void {
    this.#store?.store.close();
    this.#store = null;
  }

  #storeFor(model: string): ChunkStore {
    if (this.#store?.model !== model) {
      this.#store?.store.close();
      this.#store = { model, store: new ChunkStore(this.#directory, model) };
    }
    return this.#store.store;
  }

  async #cacheFor({ id, dimension }: Embedder): Promise<EmbeddingCache> {
    if (this.#cache?.model !== id) {
      const { embeddingCacheMegabytes: megabytes } = this.#options;
      const limit = megabytes === undefined ? {} : { maxBytes: megabytes * 2 ** 20 };
      const cache = await EmbeddingCache.open(this.#paths.embeddingCache, id, dimension, limit);
      this.#cache = { model: id, cache };
    }
    return this.#cache.cache;
  }
}

/** Makes sure that a sound table is there: a damaged one is set aside and an empty one takes its place. */
async function prepareTable(store: ChunkStore, dimension: number, verify: boolean): Promise<void> {
  await store.create(dimension);
  if (!verify) return;
  try {
    await store.verify();
  } catch (error) {
    if (!isDamage(error)) throw error;
    await store.setAside();
    await store.create(dimension);
  }
}
