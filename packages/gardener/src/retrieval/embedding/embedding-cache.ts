import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  openSegment,
  readVectors,
  readWholeSegment,
  removeSegment,
  SEGMENT_SUFFIX,
  type VectorSegment,
  vectorKey,
  writeSegment,
} from './vector-segment.js';

/** Options of {@link EmbeddingCache.open}. */
export interface EmbeddingCacheOptions {
  /**
   * Size on disk above which the segments used longest ago are removed. Defaults to 1 GiB
   * (about 690,000 vectors of 384).
   */
  maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 1024 ** 3;
/** Smaller segments are merged into one when there are many of them: each update writes at least one. */
const SMALL_SEGMENT_VECTORS = 2_048;
const MAX_SMALL_SEGMENTS = 24;
/** A temporary file this old belongs to a process that was killed. */
const ABANDONED_MS = 60 * 60 * 1000;

/**
 * Embeddings on disk by sha256 of model and text, so that nothing is embedded twice: not after a rename, a branch
 * switch or a rebuild. A folder of immutable segment files per model, safe for several processes without a lock.
 * Eviction is least recently used by segment. Nothing that goes wrong here is an error: what cannot be read is embedded
 * again, what cannot be written is not cached, and a damaged segment is removed.
 */
export class EmbeddingCache {
  readonly #directory: string;
  readonly #model: string;
  readonly #dimension: number;
  readonly #maxBytes: number;
  readonly #segments: VectorSegment[] = [];
  readonly #used = new Set<VectorSegment>();

  private constructor(directory: string, model: string, dimension: number, maxBytes: number) {
    this.#directory = directory;
    this.#model = model;
    this.#dimension = dimension;
    this.#maxBytes = maxBytes;
  }

  /**
   * Opens the cache of one model.
   * @param root folder of all caches; the model's own folder is made in it when something is kept
   */
  static async open(
    root: string,
    model: string,
    dimension: number,
    options: EmbeddingCacheOptions = {},
  ): Promise<EmbeddingCache> {
    const directory = join(root, model.replace(/[^A-Za-z0-9_-]/g, '_'));
    const cache = new EmbeddingCache(directory, model, dimension, options.maxBytes ?? DEFAULT_MAX_BYTES);
    for (const name of await cache.#names()) {
      const segment = await openSegment(join(directory, name), dimension);
      if (segment === null) await removeSegment(join(directory, name)).catch(() => undefined);
      else cache.#segments.push(segment);
    }
    return cache;
  }

  /** Vectors of the texts that are known, by text. */
  async get(texts: readonly string[]): Promise<Map<string, Float32Array>> {
    const wanted = new Map(texts.map((text) => [vectorKey(this.#model, text), text]));
    const found = new Map<string, Float32Array>();
    for (const segment of this.#segments) {
      const keys = [...wanted.keys()].filter((key) => segment.entries.has(key));
      if (keys.length === 0) continue;
      for (const [key, vector] of await readVectors(segment, keys)) {
        const text = wanted.get(key);
        if (text !== undefined) found.set(text, vector);
        wanted.delete(key);
        this.#used.add(segment);
      }
    }
    return found;
  }

  /** Keeps vectors by text, at once on disk. */
  async put(vectors: ReadonlyMap<string, Float32Array>): Promise<void> {
    if (vectors.size === 0) return;
    const keyed = new Map([...vectors].map(([text, vector]) => [vectorKey(this.#model, text), vector]));
    try {
      this.#segments.push(await this.#write(keyed));
    } catch {
      // A full disk or a read-only folder: the index itself will say so, the cache need not.
    }
  }

  /** Writes a segment. Its folder may be gone: removing any project removes all caches, whoever has them open. */
  async #write(keyed: ReadonlyMap<string, Float32Array>): Promise<VectorSegment> {
    await mkdir(this.#directory, { recursive: true });
    return writeSegment(this.#directory, this.#dimension, keyed);
  }

  /** Notes what was used, merges small segments and removes what is over the size cap. Call once after an update. */
  async tidy(): Promise<void> {
    try {
      const now = new Date();
      for (const segment of this.#used) await utimes(segment.file, now, now).catch(() => undefined);
      this.#used.clear();
      await this.#mergeSmall();
      await this.#evict();
    } catch {
      // Tidying is tried again after the next update.
    }
  }

  async #mergeSmall(): Promise<void> {
    const small = this.#segments.filter((segment) => segment.entries.size < SMALL_SEGMENT_VECTORS);
    if (small.length <= MAX_SMALL_SEGMENTS) return;
    let merged = new Map<string, Float32Array>();
    const parts: Map<string, Float32Array>[] = [];
    for (const segment of small) {
      for (const [key, vector] of await readWholeSegment(segment)) merged.set(key, vector);
      if (merged.size >= SMALL_SEGMENT_VECTORS) {
        parts.push(merged);
        merged = new Map();
      }
    }
    if (merged.size > 0) parts.push(merged);
    // Written before the old ones go: killed in between, vectors are there twice, never lost.
    const written = [];
    for (const part of parts) written.push(await this.#write(part));
    for (const segment of small) await removeSegment(segment.file);
    this.#segments.splice(
      0,
      this.#segments.length,
      ...this.#segments.filter((segment) => !small.includes(segment)),
      ...written,
    );
  }

  async #evict(): Promise<void> {
    const files = [];
    for (const name of await readdir(this.#directory)) {
      const file = join(this.#directory, name);
      const { size, mtimeMs } = await stat(file);
      if (name.endsWith('.tmp') && Date.now() - mtimeMs > ABANDONED_MS) await rm(file, { force: true });
      else if (name.endsWith(SEGMENT_SUFFIX)) files.push({ file, size, mtimeMs });
    }
    files.sort((a, b) => b.mtimeMs - a.mtimeMs);
    let bytes = 0;
    for (const { file, size } of files) {
      bytes += size;
      if (bytes <= this.#maxBytes) continue;
      await removeSegment(file);
      const position = this.#segments.findIndex((segment) => segment.file === file);
      if (position >= 0) this.#segments.splice(position, 1);
    }
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names.filter((name) => name.endsWith(SEGMENT_SUFFIX));
  }
}
