import type { ChildProcess } from 'node:child_process';
import type { TaskPrefixes } from '@codebase-gardener/lora';
import { computingProcess } from '@codebase-gardener/lora/process';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { spawnEntry } from '../../garden/processes/spawn-entry.js';
import type { Embedder } from './embedder.js';
import type { EmbedFailure, EmbedReply, EmbedRequest, EncoderFormat } from './encoder-messages.js';
import { idWithPrefixes, NO_PREFIXES } from './task-prefixes.js';

/** What the embedder needs to know of a model on disk. */
export interface EmbeddingModel {
  /** Names the model; see {@link Embedder.id}. */
  id: string;
  format: EncoderFormat;
  /**
   * `bert`: config.json, tokenizer.json, model.safetensors; `onnx`: tokenizer.json, an ONNX model,
   * sentence-transformers' files.
   */
  directory: string;
}

/** Options of {@link startEncoder}. */
export interface EncoderOptions {
  /** Threads of the embedding process; 0 = physical cores. Defaults to 0. */
  threads?: number;
  /** What is put before queries and texts. Defaults to what the directory says, else nothing. */
  prefixes?: TaskPrefixes;
}

/** Texts of one request: another caller waits for one request at most, and so does an abort. */
const REQUEST_TEXTS = 32;
const STDERR_TAIL_CHARACTERS = 2_000;

/**
 * Starts a sentence encoder in a process of its own and waits until it is loaded.
 * When that process dies it is started again once for each call of `embed`.
 * @throws GardenerError `retrieval.embedding-model-unusable`, `retrieval.embedder-died`
 */
export async function startEncoder(model: EmbeddingModel, options: EncoderOptions = {}): Promise<Embedder> {
  const start = () => EmbeddingProcess.start(model, options.threads ?? 0);
  return new Encoder(model.id, await start(), start, options.prefixes);
}

class Encoder implements Embedder {
  readonly id: string;
  readonly dimension: number;
  readonly #prefixes: TaskPrefixes;
  readonly #start: () => Promise<EmbeddingProcess>;
  #process: EmbeddingProcess;
  #restart: Promise<EmbeddingProcess> | null = null;
  #disposed = false;

  constructor(
    id: string,
    process: EmbeddingProcess,
    start: () => Promise<EmbeddingProcess>,
    prefixes: TaskPrefixes | undefined,
  ) {
    this.#prefixes = prefixes ?? process.prefixes ?? NO_PREFIXES;
    this.id = idWithPrefixes(id, this.#prefixes);
    this.dimension = process.dimension;
    this.#process = process;
    this.#start = start;
  }

  embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    return this.#encode(
      texts.map((text) => this.#prefixes.document + text),
      signal,
    );
  }

  async embedQuery(query: string, signal?: AbortSignal): Promise<Float32Array> {
    return (await this.#encode([this.#prefixes.query + query], signal))[0]!;
  }

  async #encode(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    // Sorted by length here too, so that a request's texts are padded to much the same length.
    const order = texts.map((_, position) => position).sort((a, b) => texts[a]!.length - texts[b]!.length);
    const results = new Array<Float32Array>(texts.length);
    let restarts = 1;
    for (let start = 0; start < order.length; start += REQUEST_TEXTS) {
      const positions = order.slice(start, start + REQUEST_TEXTS);
      const request = positions.map((position) => texts[position]!);
      for (;;) {
        signal?.throwIfAborted();
        try {
          const vectors = await untilAborted(this.#process.embed(request), signal);
          for (const [row, position] of positions.entries()) results[position] = vectors[row]!;
          break;
        } catch (error) {
          if (restarts === 0 || this.#disposed || !isDeath(error)) throw error;
          restarts--;
          await this.#replaceDead();
        }
      }
    }
    return results;
  }

  /** Callers that meet the same death share one new process. */
  async #replaceDead(): Promise<void> {
    if (this.#process.alive) return;
    this.#restart ??= this.#start().finally(() => {
      this.#restart = null;
    });
    this.#process = await this.#restart;
    if (this.#disposed) await this.#process.stop();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#process.stop();
  }
}

const isDeath = (error: unknown) =>
  GardenerError.isInstance(error) && error.code === 'retrieval.embedder-died';

interface Pending {
  resolve(vectors: Float32Array[]): void;
  reject(error: GardenerError): void;
}

/** One running child and the requests it has not answered yet. */
class EmbeddingProcess {
  alive = true;
  dimension = 0;
  prefixes: TaskPrefixes | null = null;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 0;
  #stderr = '';

  private constructor(model: EmbeddingModel, threads: number) {
    const entry = new URL('./encoder-child.js', import.meta.url);
    this.#child = spawnEntry(entry, [model.format, model.directory, String(threads)], {
      ...computingProcess(),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_CHARACTERS);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
  }

  static async start(model: EmbeddingModel, threads: number): Promise<EmbeddingProcess> {
    const started = new EmbeddingProcess(model, threads);
    const child = started.#child;
    const first = await new Promise<EmbedReply | null>((resolve) => {
      child.once('message', (reply: EmbedReply) => resolve(reply));
      void started.#exited.then(() => resolve(null));
    });
    if (first?.type === 'unusable') {
      await started.stop();
      throw unusable(model, first.error);
    }
    if (first?.type !== 'ready') throw started.#died();
    started.dimension = first.dimension;
    started.prefixes = first.prefixes;
    child.on('message', (reply: EmbedReply) => started.#receive(reply));
    void started.#exited.then(() => {
      started.alive = false;
      for (const { reject } of started.#pending.values()) reject(started.#died());
      started.#pending.clear();
    });
    return started;
  }

  embed(texts: string[]): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      if (!this.alive) {
        reject(this.#died());
        return;
      }
      const request: EmbedRequest = { id: this.#nextId++, texts };
      this.#pending.set(request.id, { resolve, reject });
      // A failed send means the process is gone; `exit` then rejects all that is pending.
      this.#child.send(request, () => undefined);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #receive(reply: EmbedReply): void {
    if (reply.type !== 'vectors' && reply.type !== 'failed') return;
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.type === 'failed') pending?.reject(embeddingFailed(reply.error));
    else pending?.resolve(rowsOf(reply.vectors, this.dimension));
  }

  #died(): GardenerError {
    return new GardenerError(
      'retrieval.embedder-died',
      'The process that computes embeddings ended by itself.',
      {
        remedy: 'Run the command again; if it happens again, free some memory or run `gardener doctor`.',
        details: { exitCode: this.#child.exitCode, signal: this.#child.signalCode, stderr: this.#stderr },
        retryable: true,
      },
    );
  }
}

function rowsOf(vectors: Float32Array, dimension: number): Float32Array[] {
  const count = vectors.length / dimension;
  return Array.from({ length: count }, (_, row) => vectors.slice(row * dimension, (row + 1) * dimension));
}

function unusable(model: EmbeddingModel, { code, message, remedy }: EmbedFailure): GardenerError {
  return new GardenerError('retrieval.embedding-model-unusable', message, {
    remedy,
    details: { model: model.id, directory: model.directory, reason: code },
  });
}

function embeddingFailed({ code, message, remedy }: EmbedFailure): GardenerError {
  return new GardenerError('retrieval.embedding-failed', message, { remedy, details: { reason: code } });
}

/** The promise's result, or the signal's reason as soon as it is aborted. */
function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
