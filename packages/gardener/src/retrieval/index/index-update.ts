import type { Chunk } from '../../codebase/chunk/chunk.js';
import type { KnownFile, UnchangedFile } from '../../codebase/read/chunk-changes.js';
import { CHUNK_RECIPE } from '../../codebase/read/chunk-recipe.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import { countOutcomes } from '../../codebase/read/chunked-file.js';
import { stamped } from '../../codebase/read/file-stamp.js';
import type { FileOutcome } from '../../codebase/walk/file-outcome.js';
import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingCache } from '../embedding/embedding-cache.js';
import { chunkOf, rowOf } from '../store/chunk-row.js';
import type { ChunkStore, StoredFile } from '../store/chunk-store.js';
import {
  type FileState,
  INDEX_SCHEMA_VERSION,
  type IndexManifest,
  writeFileStates,
  writeManifest,
} from '../store/manifest.js';
import { ChunkVectors } from './chunk-vectors.js';
import { countedFailure, mayTryAgain } from './passing-failures.js';
import { type ChunkedFileVersion, isWaiting, versionOf, waiting } from './row-stamp.js';

/** What an index takes in: a file with its chunks, one left out with the reason, or one that is as it was. */
export type IndexItem = ChunkedFile | FileOutcome | UnchangedFile;

/** Gives the files of a codebase to one who knows some of them already: what `known` knows need not be read again. */
export type IndexSource = (known: (path: string) => KnownFile | undefined) => AsyncIterable<IndexItem>;

/** How far an update is. */
export interface UpdateProgress {
  /** Files met so far: indexed, skipped, failed and unchanged ones. */
  files: number;
  /** Chunks in the index by now, unchanged ones included. */
  chunks: number;
  /** Files whose rows were written or taken out in this update. */
  changed: number;
  /** Files that need nothing more: left out, unchanged, or indexed with their vectors. */
  ready: number;
  /** Chunks in the index that have their vectors; the others are found by words and names so far. */
  vectors: number;
  /** Texts embedded in this update; the rest came from the cache or had not changed. */
  embedded: number;
}

/** What an update works with. */
export interface UpdateContext {
  directory: string;
  store: ChunkStore;
  cache: EmbeddingCache;
  embedder: Embedder;
  commit: string | null;
  /**
   * What the last update made of each file. It need not be made again, and it counts towards the totals until this
   * update reaches the file.
   */
  earlier: readonly FileState[];
  onProgress?: (progress: UpdateProgress) => void;
  signal?: AbortSignal;
}

/**
 * An update that finds more new texts than this in a batch writes the batch at once, found by words and names, and
 * embeds it after all files are read; for fewer, as after an edit, that would be one more commit.
 */
const FOLLOWING_TEXTS = 64;
/** Chunks of one commit: small enough that search sees the first files soon, large enough to embed in full batches. */
const BATCH_CHUNKS = 256;
/** The same after the first commit, while files are read: each takes a tenth of a second, and nothing is embedded. */
const READ_BATCH_CHUNKS = 1_024;
/** Files of one commit: their paths stand in one SQL filter. */
const BATCH_FILES = 400;
/**
 * Rows after which the keyword index is brought up to date during an update, and their share of all rows:
 * until then new rows are scanned. Each time rewrites the table, so a fixed number would make a large index
 * cost the square of its size.
 */
const KEYWORD_REFRESH_CHUNKS = 2_000;
const KEYWORD_REFRESH_SHARE = 0.25;
/** Writing the manifest may take at most this share of the time. */
const MANIFEST_TIME_SHARE = 0.05;
/** An update of an index that is there says that it goes on when it takes longer than this. */
const FIRST_MANIFEST_MS = 2_000;

/**
 * One pass over the files of a codebase that makes the table equal to them. The table itself says which
 * version of which file it holds, so an update that was killed anywhere is simply begun again: files that
 * were committed are unchanged.
 */
export class IndexUpdate {
  readonly #context: UpdateContext;
  readonly #startedAt = new Date().toISOString();
  /** What the table holds, by path. */
  readonly #indexed: Map<string, StoredFile>;
  readonly #earlier: ReadonlyMap<string, FileState>;
  readonly #outcomes = new Map<string, FileOutcome>();
  #batch: ChunkedFile[] = [];
  #batchChunks = 0;
  /** Files that are read and have no rows yet, by path. */
  readonly #unwritten = new Set<string>();
  /** Paths whose rows are deleted and not replaced. */
  #removals: string[] = [];
  #committing: Promise<void> = Promise.resolve();
  #chunks = 0;
  /** Files of which the table has rows that wait for vectors, by path. */
  readonly #waiting = new Map<string, ChunkedFileVersion>();
  #waitingChunks = 0;
  readonly #vectors: ChunkVectors;
  #chunksSinceRefresh = 0;
  /**
   * Time from which the manifest may be written again. That of a new index is written right after the first commit, so
   * that the index can be searched.
   */
  #nextManifestAt: number;
  #changed = 0;
  #writtenRows = 0;

  private constructor(context: UpdateContext, indexed: Map<string, StoredFile>) {
    this.#context = context;
    this.#indexed = indexed;
    this.#vectors = new ChunkVectors(context.cache, context.embedder);
    this.#nextManifestAt = context.earlier.length === 0 ? 0 : performance.now() + FIRST_MANIFEST_MS;
    this.#earlier = new Map(context.earlier.map((state) => [state.path, state]));
    for (const { hash, chunks } of indexed.values()) {
      this.#chunks += chunks;
      if (isWaiting(hash)) this.#waitingChunks += chunks;
    }
  }

  /** Begins an update by reading from the table what it holds. */
  static async begin(context: UpdateContext): Promise<IndexUpdate> {
    return new IndexUpdate(context, await context.store.files());
  }

  /** What need not be made of a file again: its rows are in the table, or it is left out for what it holds. */
  known(path: string): KnownFile | undefined {
    const state = this.#earlier.get(path);
    if (state?.version === undefined || state.recipe !== CHUNK_RECIPE) return undefined;
    const { chunks, recipe, version, ...outcome } = state;
    if (mayTryAgain(state)) return undefined;
    const stored = this.#indexed.get(path);
    const isStored = stored?.hash === stamped({ ...outcome, hash: version.hash }) && stored.chunks === chunks;
    return state.outcome === 'indexed' && !isStored ? undefined : { ...outcome, version };
  }

  /**
   * Takes all files in. What is new is then found by words and names, and by meaning where few texts are new or their
   * vectors are known; {@link finish} embeds the rest.
   * @throws the signal's reason when aborted; the index then holds what was committed and says that it is not complete
   */
  async read(items: AsyncIterable<IndexItem>): Promise<void> {
    const { signal } = this.#context;
    await this.#unlessCutOff(async () => {
      for await (const item of items) {
        signal?.throwIfAborted();
        this.#take(item);
        const limit = this.#changed === 0 ? BATCH_CHUNKS : READ_BATCH_CHUNKS;
        if (this.#batchChunks >= limit || this.#batch.length >= BATCH_FILES) await this.#commit();
      }
      signal?.throwIfAborted();
      for (const path of this.#indexed.keys()) if (!this.#outcomes.has(path)) this.#removals.push(path);
      await this.#commit();
      await this.#committing;
    });
  }

  /** Whether there is something that {@link finish} embeds. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Embeds what waits for vectors and gives the manifest of the finished index. @throws as {@link read} */
  async finish(): Promise<IndexManifest> {
    const { store } = this.#context;
    await this.#unlessCutOff(() => this.#embedWaiting());
    await store.dropOthers();
    // An index that could not be compacted is larger and slower, and right: the next update tries again.
    if (this.#changed > 0) await store.compact(this.#writtenRows).catch(() => undefined);
    return this.#writeState(true);
  }

  async #unlessCutOff(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.#committing.catch(() => undefined);
      await this.#writeState(false).catch(() => undefined);
      throw error;
    }
  }

  #take(item: IndexItem): void {
    if ('unchanged' in item) this.#note(item.known);
    else if ('outcome' in item) {
      // A file that was chunked may be reported as indexed too; its chunks are the truth.
      if (item.outcome === 'indexed') return;
      this.#note(countedFailure(item, this.#earlier.get(item.path)));
    } else {
      const { path, secrets, allowedSecrets, version } = item;
      const facts = {
        ...(secrets && { secrets }),
        ...(allowedSecrets && { allowedSecrets }),
        ...(version && { version }),
      };
      if (item.chunks.length === 0) this.#note({ path, outcome: 'skipped', reason: 'no-code', ...facts });
      else {
        const read = item.isRecovered === true ? { isRecovered: true } : {};
        this.#note({ path, outcome: 'indexed', reason: null, ...read, ...facts });
        if (this.#indexed.get(path)?.hash !== stamped(item)) {
          this.#batch.push(item);
          this.#unwritten.add(path);
          this.#batchChunks += item.chunks.length;
        }
      }
    }
    this.#report();
  }

  #note(outcome: FileOutcome): void {
    this.#outcomes.set(outcome.path, outcome);
    if (outcome.outcome !== 'indexed' && this.#indexed.has(outcome.path)) this.#removals.push(outcome.path);
  }

  /** Hands the batch to the committer, which works while the next files are read; waits for the commit before. */
  async #commit(): Promise<void> {
    const [files, removals] = [this.#batch, this.#removals];
    this.#batch = [];
    this.#batchChunks = 0;
    this.#removals = [];
    await this.#committing;
    this.#committing = this.#write(files, removals);
    // The next await throws its failure; without this line Node would report an unhandled rejection before that.
    this.#committing.catch(() => undefined);
  }

  async #write(files: ChunkedFile[], removals: string[]): Promise<void> {
    const { store, embedder, signal } = this.#context;
    for (let start = 0; start < removals.length; start += BATCH_FILES) {
      await store.replace(removals.slice(start, start + BATCH_FILES), []);
    }
    for (const path of removals) this.#forget(path);
    this.#changed += removals.length;
    if (removals.length > 0) this.#report();
    // The same chunk twice (a file met twice, equal ids) would break the merge.
    const chunks = new Map<string, { chunk: Chunk; file: ChunkedFile }>();
    const latest = new Map(files.map((file) => [file.path, file]));
    for (const file of latest.values()) {
      for (const chunk of file.chunks) chunks.set(chunk.id, { chunk: { ...chunk, path: file.path }, file });
    }
    if (chunks.size === 0) return;
    const all = [...chunks.values()].map(({ chunk }) => chunk);
    const vectors = await this.#vectors.all(all, signal, FOLLOWING_TEXTS);
    signal?.throwIfAborted();
    const late = new Set(
      [...chunks.values()].filter(({ chunk }) => !vectors.has(chunk)).map(({ file }) => file),
    );
    const stampOf = (file: ChunkedFile) => (late.has(file) ? waiting(stamped(file)) : stamped(file));
    const nothing = new Float32Array(embedder.dimension);
    const rows = [...chunks.values()].map(({ chunk, file }) =>
      rowOf(chunk, { ...file, hash: stampOf(file) }, vectors.get(chunk) ?? nothing),
    );
    await store.replace([...latest.keys()], rows);
    for (const file of latest.values()) {
      this.#remember(file, stampOf(file));
      this.#unwritten.delete(file.path);
      if (late.has(file)) this.#waiting.set(file.path, versionOf(file));
    }
    this.#changed += latest.size;
    this.#report();
    await this.#afterRows(rows.length);
  }

  /** Embeds what was written without vectors, some files at a time. */
  async #embedWaiting(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { store, signal } = this.#context;
    await this.#writeState(false);
    // Rows outside the keyword index are scanned, and a search may be asked at once.
    await store.refreshKeywords();
    this.#chunksSinceRefresh = 0;
    while (this.#waiting.size > 0) {
      signal?.throwIfAborted();
      const files = new Map<string, ChunkedFileVersion>();
      let size = 0;
      for (const [path, version] of this.#waiting) {
        files.set(path, version);
        size += this.#indexed.get(path)?.chunks ?? 0;
        if (size >= BATCH_CHUNKS || files.size >= BATCH_FILES) break;
      }
      const chunks = (await store.chunksOf([...files.keys()])).map(chunkOf);
      const vectors = await this.#vectors.all(chunks, signal);
      signal?.throwIfAborted();
      const rows = chunks.flatMap((chunk) => {
        const vector = vectors.get(chunk);
        const file = files.get(chunk.path);
        if (vector === undefined || file === undefined) return [];
        return [rowOf(chunk, { ...file, hash: stamped(file) }, vector)];
      });
      await store.replace([...files.keys()], rows);
      for (const [path, file] of files) {
        this.#waiting.delete(path);
        const stored = this.#indexed.get(path);
        if (stored === undefined) continue;
        this.#indexed.set(path, { ...stored, hash: stamped(file) });
        this.#waitingChunks -= stored.chunks;
      }
      this.#report();
      await this.#afterRows(rows.length);
    }
  }

  async #afterRows(count: number): Promise<void> {
    this.#chunksSinceRefresh += count;
    if (this.#chunksSinceRefresh >= Math.max(KEYWORD_REFRESH_CHUNKS, this.#chunks * KEYWORD_REFRESH_SHARE)) {
      this.#chunksSinceRefresh = 0;
      await this.#context.store.refreshKeywords();
    }
    if (performance.now() >= this.#nextManifestAt) {
      const before = performance.now();
      await this.#writeState(false);
      const now = performance.now();
      this.#nextManifestAt = now + (now - before) / MANIFEST_TIME_SHARE;
    }
  }

  #remember(file: ChunkedFile, hash: string): void {
    this.#forget(file.path);
    const chunks = new Set(file.chunks.map((chunk) => chunk.id)).size;
    this.#indexed.set(file.path, { hash, chunks });
    this.#chunks += chunks;
    if (isWaiting(hash)) this.#waitingChunks += chunks;
    this.#writtenRows += chunks;
  }

  #forget(path: string): void {
    const stored = this.#indexed.get(path);
    const rows = stored?.chunks ?? 0;
    this.#chunks -= rows;
    if (stored !== undefined && isWaiting(stored.hash)) this.#waitingChunks -= rows;
    this.#writtenRows += rows;
    this.#indexed.delete(path);
    this.#waiting.delete(path);
  }

  #report(): void {
    const { onProgress } = this.#context;
    onProgress?.({
      files: this.#outcomes.size,
      chunks: this.#chunks,
      changed: this.#changed,
      ready: this.#outcomes.size - this.#unwritten.size - this.#waiting.size,
      vectors: this.#chunks - this.#waitingChunks,
      embedded: this.#vectors.embedded,
    });
  }

  async #writeState(complete: boolean): Promise<IndexManifest> {
    const { directory, embedder, commit } = this.#context;
    const outcomes = this.#currentOutcomes(complete);
    const manifest: IndexManifest = {
      schemaVersion: INDEX_SCHEMA_VERSION,
      embeddingModel: embedder.id,
      commit,
      indexedAt: this.#startedAt,
      complete,
      files: countOutcomes(outcomes),
      chunks: this.#chunks,
      vectors: this.#chunks - this.#waitingChunks,
    };
    const chunksOf = (path: string) => this.#indexed.get(path)?.chunks ?? 0;
    await writeFileStates(
      directory,
      // An outcome that an earlier update recorded keeps the recipe it was made by.
      outcomes.map((outcome) => ({ recipe: CHUNK_RECIPE, ...outcome, chunks: chunksOf(outcome.path) })),
    );
    await writeManifest(directory, manifest);
    return manifest;
  }

  /** While an update goes on, files that it has not met yet keep what the update before said of them. */
  #currentOutcomes(complete: boolean): FileOutcome[] {
    const merged = new Map(this.#outcomes);
    if (!complete) {
      for (const [path, earlier] of this.#earlier) if (!merged.has(path)) merged.set(path, earlier);
      // A file without rows in the table is not indexed yet, whatever this update will make of it.
      for (const [path, { outcome }] of merged) {
        if (outcome === 'indexed' && !this.#indexed.has(path)) merged.delete(path);
      }
      for (const path of this.#indexed.keys()) {
        if (!merged.has(path)) merged.set(path, { path, outcome: 'indexed', reason: null });
      }
    }
    return [...merged.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
