import type { Chunk } from '../../codebase/chunk/chunk.js';
import { present } from '../../garden/errors/present.js';
import type { Embedder } from '../embedding/embedder.js';
import type { EmbeddingCache } from '../embedding/embedding-cache.js';
import { embeddingText } from './embedding-text.js';

/** Texts that are embedded before they are kept: no more than these are lost to a kill. */
const SAVED_TEXTS = 64;
const MIN_MOVABLE_CHARACTERS = 200;

/**
 * The vector of each chunk: from the cache, or embedded now and put into the cache.
 * @param onEmbedded is called with the number of texts after each part that was embedded
 * @throws the signal's reason when aborted; what was embedded until then is in the cache
 */
export async function vectorsOf(
  chunks: readonly Chunk[],
  { cache, embedder, signal }: { cache: EmbeddingCache; embedder: Embedder; signal?: AbortSignal },
  onEmbedded: (count: number) => void,
): Promise<Map<Chunk, Float32Array>> {
  const keyed = chunks.map((chunk) => ({ chunk, key: cacheKeyText(chunk) }));
  const vectors = await cache.get(keyed.map(({ key }) => key));
  const missing = new Map<string, string>();
  for (const { chunk, key } of keyed) if (!vectors.has(key)) missing.set(key, embeddingText(chunk));
  // By length, since texts that are embedded together are padded to the longest.
  const waiting = [...missing].sort(([, a], [, b]) => a.length - b.length);
  for (let start = 0; start < waiting.length; start += SAVED_TEXTS) {
    const some = waiting.slice(start, start + SAVED_TEXTS);
    const embedded = await embedder.embed(
      some.map(([, text]) => text),
      signal,
    );
    onEmbedded(some.length);
    const fresh = new Map(some.map(([key], i) => [key, present(embedded[i])]));
    await cache.put(fresh);
    for (const [key, vector] of fresh) vectors.set(key, vector);
  }
  return new Map(keyed.map(({ chunk, key }) => [chunk, present(vectors.get(key))]));
}

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
