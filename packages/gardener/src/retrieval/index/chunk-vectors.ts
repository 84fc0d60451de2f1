import type { Chunk } from '../../codebase/chunk/chunk.js';
import { present } from '../../garden/errors/present.js';
import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingCache } from '../embedding/embedding-cache.js';
import { embeddingText } from './embedding-text.js';

/** Texts that are embedded before they are kept: no more than these are lost to a kill. */
const SAVED_TEXTS = 64;
const MIN_MOVABLE_CHARACTERS = 200;

/**
 * What a chunk's vector is kept under: what it says, wherever it stands, so that a renamed file or folder is not
 * embedded again. For short chunks the path is part of the key: many have the same text, only the path tells them
 * apart, and embedding one again costs next to nothing.
 */
function cacheKeyText(chunk: Chunk): string {
  return chunk.text.length < MIN_MOVABLE_CHARACTERS
    ? embeddingText(chunk)
    : embeddingText({ ...chunk, path: '' });
}

/** The vectors of chunks: from the cache, else computed and kept there. */
export class ChunkVectors {
  readonly #cache: EmbeddingCache;
  readonly #embedder: Embedder;
  #embedded = 0;

  constructor(cache: EmbeddingCache, embedder: Embedder) {
    this.#cache = cache;
    this.#embedder = embedder;
  }

  /** Texts embedded so far; the others came from the cache. */
  get embedded(): number {
    return this.#embedded;
  }

  /**
   * All of them; what is new is embedded.
   * @param most where more chunks are new, none is embedded, and those that are known are given
   * @throws what the embedder throws; the signal's reason when aborted
   */
  async all(
    chunks: readonly Chunk[],
    signal?: AbortSignal,
    most = Number.POSITIVE_INFINITY,
  ): Promise<Map<Chunk, Float32Array>> {
    const keys = new Map(chunks.map((chunk) => [chunk, cacheKeyText(chunk)]));
    const vectors = await this.#cache.get([...keys.values()]);
    const unknown = [...keys].filter(([, key]) => !vectors.has(key));
    if (unknown.length > most) return byChunk(keys, vectors);
    const missing = new Map(unknown.map(([chunk, key]) => [key, embeddingText(chunk)]));
    // By length, since texts that are embedded together are padded to the longest.
    const waiting = [...missing].sort(([, a], [, b]) => a.length - b.length);
    for (let start = 0; start < waiting.length; start += SAVED_TEXTS) {
      const some = waiting.slice(start, start + SAVED_TEXTS);
      const embedded = await this.#embedder.embed(
        some.map(([, text]) => text),
        signal,
      );
      this.#embedded += some.length;
      const fresh = new Map(some.map(([key], place) => [key, present(embedded[place])]));
      await this.#cache.put(fresh);
      for (const [key, vector] of fresh) vectors.set(key, vector);
    }
    return byChunk(keys, vectors);
  }
}

function byChunk(
  keys: ReadonlyMap<Chunk, string>,
  vectors: ReadonlyMap<string, Float32Array>,
): Map<Chunk, Float32Array> {
  const found = new Map<Chunk, Float32Array>();
  for (const [chunk, key] of keys) {
    const vector = vectors.get(key);
    if (vector !== undefined) found.set(chunk, vector);
  }
  return found;
}
