import { GardenerError } from '../../garden/errors/garden-error.js';
import { ModelServer } from '../../models/servers/model-server.js';

/** Where an embedding server stands and how it is asked. */
export interface EmbeddingServerOptions {
  /** For messages: `Ollama`, `The embedding server`. */
  name: string;
  /** http or https. */
  url: string;
  /** Sent as a bearer token when it is not empty. */
  apiKey: string;
  /** What to do when nothing answers, one sentence. */
  remedy: string;
}

/** A model that has to be loaded first may take this long. */
const SILENCE_MS = 120_000;
/** Vectors of a batch as JSON, many times over. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;
/** Refusals after which the same request may succeed: of a model that is being loaded, or whose process has died. */
const PASSING = new Set([409, 500]);

/** A server that embeds. Each request is made once; repeating failed ones is the circuit's work. */
export class EmbeddingServer {
  readonly #options: EmbeddingServerOptions;
  readonly #server: ModelServer;

  /** @throws GardenerError `retrieval.bad-embedding-url` */
  constructor(options: EmbeddingServerOptions) {
    this.#options = options;
    try {
      this.#server = new ModelServer({
        ...options,
        retries: 0,
        silenceMs: SILENCE_MS,
        maxAnswerBytes: MAX_ANSWER_BYTES,
      });
    } catch (cause) {
      throw new GardenerError(
        'retrieval.bad-embedding-url',
        `${JSON.stringify(options.url.slice(0, 200))} is no address of an embedding server.`,
        { remedy: 'Set embeddingUrl to an address such as http://127.0.0.1:1234/v1.', cause },
      );
    }
  }

  get name(): string {
    return this.#options.name;
  }

  get url(): string {
    return this.#server.url;
  }

  /**
   * Asks once.
   * @param body sent as JSON with POST; GET when there is none
   * @returns the JSON that it answers, unchecked
   * @throws GardenerError `retrieval.embedding-server-down` (retryable) when it does not answer or cannot right now,
   * `retrieval.embedding-server-refused` when it says no, `retrieval.embedding-server-answer` when the answer is no
   * JSON or too large; the signal's reason when aborted
   */
  async ask(path: string, body: object | null, signal?: AbortSignal): Promise<unknown> {
    try {
      return await this.#server.json({ path, ...(body !== null && { json: body }), signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#inOurWords(error);
    }
  }

  /** An answer that cannot be used; `why` completes "The answer of … cannot be used: ". */
  badAnswer(why: string): GardenerError {
    return new GardenerError(
      'retrieval.embedding-server-answer',
      `The answer of ${this.name} at ${this.url} cannot be used: ${why}.`,
      {
        remedy: 'Check that embeddingUrl and embeddingModel name an embedding model.',
        details: { url: this.url, why },
      },
    );
  }

  /** The errors of a server that runs models, with the settings that matter here. */
  #inOurWords(error: unknown): unknown {
    if (!GardenerError.isInstance(error)) return error;
    const { why = '', said = '', status } = error.details as { why?: string; said?: string; status?: number };
    if (error.code === 'models.server-answer') return this.badAnswer(why);
    if (error.code === 'models.server-down') return this.#down(why, error);
    if (error.code !== 'models.server-refused' || status === undefined) return error;
    return PASSING.has(status) ? this.#down(`status ${status}`, error) : this.#refused(status, said);
  }

  #down(why: string, cause: unknown): GardenerError {
    return new GardenerError(
      'retrieval.embedding-server-down',
      `${this.name} at ${this.url} does not answer (${why}): the embedding server is needed to index and to search.`,
      { remedy: this.#options.remedy, details: { url: this.url, why }, retryable: true, cause },
    );
  }

  #refused(status: number, said: string): GardenerError {
    return new GardenerError(
      'retrieval.embedding-server-refused',
      `${this.name} at ${this.url} refused to embed: ${status}${said === '' ? '' : ` ${said}`}.`,
      {
        remedy: 'Check the settings embeddingUrl, embeddingModel and embeddingApiKey.',
        details: { url: this.url, status },
      },
    );
  }
}
