import type { TaskPrefixes } from '@codebase-gardener/lora';
import { KeptProcess } from '../../garden/processes/kept-process.js';
import type { Embedder } from './embedder.js';
import { embedderDied, startEncoderProcess } from './encoder-process.js';
import type { EmbeddingModel, EncoderProtocol } from './encoder-protocol.js';
import { idWithPrefixes, NO_PREFIXES } from './task-prefixes.js';

/** Options of {@link startEncoder}. */
export interface EncoderOptions {
  /** Threads of the embedding process; 0 = physical cores. Defaults to 0. */
  threads?: number;
  /** What is put before queries and texts. Defaults to what the directory says, else nothing. */
  prefixes?: TaskPrefixes;
}

/** Texts of one request: another caller waits for one request at most, and so does an abort. */
const REQUEST_TEXTS = 32;

/**
 * Starts a sentence encoder in a process of its own and waits until it is loaded.
 * When that process dies in the middle of a call of `embed`, it is started again and the call goes on.
 * @throws GardenerError `retrieval.embedding-model-unusable`, `retrieval.embedder-died`
 */
export async function startEncoder(
  model: EmbeddingModel,
  { threads = 0, prefixes }: EncoderOptions = {},
): Promise<Embedder> {
  const kept = new KeptProcess(() => startEncoderProcess({ model, threads }));
  const ready = await kept.run(async (process) => process.ready);
  return new Encoder(model.id, kept, ready.dimension, prefixes ?? ready.prefixes ?? NO_PREFIXES);
}

class Encoder implements Embedder {
  readonly id: string;
  readonly dimension: number;
  readonly #kept: KeptProcess<EncoderProtocol>;
  readonly #prefixes: TaskPrefixes;

  constructor(
    modelId: string,
    kept: KeptProcess<EncoderProtocol>,
    dimension: number,
    prefixes: TaskPrefixes,
  ) {
    this.id = idWithPrefixes(modelId, prefixes);
    this.dimension = dimension;
    this.#kept = kept;
    this.#prefixes = prefixes;
  }

  embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    return this.#encode(
      texts.map((text) => this.#prefixes.document + text),
      signal,
    );
  }

  async embedQuery(query: string, signal?: AbortSignal): Promise<Float32Array> {
    const [vector] = await this.#encode([this.#prefixes.query + query], signal);
    if (vector === undefined) throw new Error('one text gave no vector');
    return vector;
  }

  async dispose(): Promise<void> {
    await this.#kept.close(() =>
      embedderDied({ reason: 'it was ended', exitCode: null, signal: null, stderr: '' }),
    );
  }

  async #encode(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    // Sorted by length here as well, so that the texts of one request are of similar length and need little padding.
    const sorted = [...texts.entries()].sort(([, one], [, other]) => one.length - other.length);
    const vectors = new Array<Float32Array>(texts.length);
    let start = 0;
    // What is embedded already stays so when a new process takes over.
    await this.#kept.run(
      async (process) => {
        for (; start < sorted.length; start += REQUEST_TEXTS) {
          const request = sorted.slice(start, start + REQUEST_TEXTS);
          const input = request.map(([, text]) => text);
          const rows = await process.run('encode', input, { signal });
          for (const [row, [position]] of request.entries()) {
            vectors[position] = rows.slice(row * this.dimension, (row + 1) * this.dimension);
          }
        }
      },
      { signal },
    );
    return vectors;
  }
}
