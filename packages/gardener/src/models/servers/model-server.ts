import pRetry, { AbortError } from 'p-retry';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { cancelled } from '../runtime/cancelled.js';

/** Where a server that runs models stands, and how it is asked. */
export interface ModelServerOptions {
  /** For messages, at the start of a sentence: `Ollama`, `The model server`. */
  name: string;
  /** http or https. */
  url: string;
  /** Sent as a bearer token when it is not empty. */
  apiKey?: string;
  /** What to do when nothing answers, one sentence. */
  remedy: string;
  /** Further attempts of a request that the server cannot take now. Defaults to 4. */
  retries?: number;
  /** Wait before the first of them, in ms; doubled each time. Defaults to 300. */
  firstWaitMs?: number;
  /** How long the server may say nothing. Defaults to 5 minutes: a model may have to be loaded first. */
  silenceMs?: number;
  /** Longest answer that is no stream. Defaults to 16 MiB. */
  maxAnswerBytes?: number;
}

/** The address of an OpenAI API as it was set: a bare one means the usual place, `/v1`. */
export function openAiAddress(url: string): string {
  return /^https?:\/\/[^/]+\/?$/.test(url) ? `${url.replace(/\/$/, '')}/v1` : url;
}

/** One request. */
export interface ServerRequest {
  method?: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  path: string;
  /** Sent as JSON. */
  json?: object;
  /** Sent as it is. */
  body?: Buffer;
  signal?: AbortSignal | undefined;
}

/** A line of a stream holds a few words; a longer one is no line. */
const MAX_LINE_CHARACTERS = 2 ** 20;
const MAX_QUOTED_CHARACTERS = 300;
/** Statuses after which the same request may succeed. */
const PASSING = new Set([408, 425, 429, 502, 503, 504]);

/** An answer that has begun. */
interface Begun {
  response: Response;
  /** Starts the time limit for a silent server anew: something has arrived. */
  heard(): void;
  over(): void;
}

/** A server that runs models, asked over HTTP: bounded answers, patience, and errors in plain words. */
export class ModelServer {
  readonly name: string;
  readonly url: string;
  readonly #options: ModelServerOptions;

  /** @throws GardenerError `models.bad-server-url` */
  constructor(options: ModelServerOptions) {
    this.#options = options;
    this.name = options.name;
    this.url = checkedUrl(options.url);
  }

  /**
   * The JSON that the server answers, unchecked; null for an empty body.
   * @throws GardenerError `models.server-down` (retryable) when it does not answer or cannot now,
   * `models.server-refused` when it says no (details: status), `models.server-answer`, `models.cancelled`
   */
  async json(request: ServerRequest): Promise<unknown> {
    const { maxAnswerBytes = 16 * 2 ** 20 } = this.#options;
    const text = await this.#patiently(request, async (begun) => {
      let whole = '';
      for await (const part of this.#text(begun)) {
        whole += part;
        if (whole.length > maxAnswerBytes)
          throw this.badAnswer(`it is larger than ${maxAnswerBytes / 2 ** 20} MB`);
      }
      return whole;
    });
    return text === '' ? null : this.parse(text);
  }

  /**
   * The lines of a streamed answer, empty ones left out. Reading stops when the reader leaves the loop.
   * @throws like `json`
   */
  async *lines(request: ServerRequest): AsyncGenerator<string, void> {
    const begun = await this.#patiently(request, async (answer) => answer);
    let rest = '';
    try {
      for await (const part of this.#text(begun)) {
        const lines = (rest + part).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > MAX_LINE_CHARACTERS) throw this.badAnswer('a line of it does not end');
        for (const line of lines) if (line.trim() !== '') yield line.trim();
      }
      if (rest.trim() !== '') yield rest.trim();
    } catch (error) {
      throw this.#explained(error, request.signal);
    } finally {
      await begun.response.body?.cancel().catch(() => undefined);
    }
  }

  /** @throws GardenerError `models.server-answer` */
  parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.badAnswer('it is no JSON');
    }
  }

  /** An answer that cannot be used; `why` completes "The answer of … cannot be used: ". */
  badAnswer(why: string): GardenerError {
    return new GardenerError(
      'models.server-answer',
      `The answer of ${this.name} at ${this.url} cannot be used: ${why}.`,
      { remedy: 'Check the settings runtimeUrl and runtimeProvider.', details: { url: this.url, why } },
    );
  }

  /** The error of a server that says no. */
  refused(status: number, said: string): GardenerError {
    const words = said.replace(/\s+/g, ' ').trim().slice(0, MAX_QUOTED_CHARACTERS).replace(/\.$/, '');
    return new GardenerError(
      'models.server-refused',
      `${this.name} at ${this.url} refused the request (${status}${words === '' ? '' : `: ${words}`}).`,
      {
        remedy: 'Check the settings runtimeModel, runtimeUrl and runtimeApiKey.',
        details: { url: this.url, status, said: words },
      },
    );
  }

  /** Asks until there is a good answer; a stream is not repeated once it has begun. */
  async #patiently<T>(request: ServerRequest, read: (begun: Begun) => Promise<T>): Promise<T> {
    const { retries = 4, firstWaitMs = 300 } = this.#options;
    const { signal } = request;
    const attempt = async () => {
      try {
        return await read(await this.#fetch(request));
      } catch (error) {
        const explained = this.#explained(error, signal);
        throw explained.retryable ? explained : new AbortError(explained);
      }
    };
    return await pRetry(attempt, {
      retries,
      minTimeout: firstWaitMs,
      factor: 2,
      randomize: true,
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      throw this.#explained(error, signal);
    });
  }

  async #fetch({ method, path, json, body, signal }: ServerRequest): Promise<Begun> {
    const { apiKey = '', silenceMs = 300_000 } = this.#options;
    const silence = new AbortController();
    const timer = setTimeout(
      () => silence.abort(new DOMException('no answer in time', 'TimeoutError')),
      silenceMs,
    );
    const sent = json === undefined ? body : JSON.stringify(json);
    const over = () => clearTimeout(timer);
    const response = await fetch(this.url + path, {
      method: method ?? (sent === undefined ? 'GET' : 'POST'),
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(apiKey !== '' && { authorization: `Bearer ${apiKey}` }),
      },
      ...(sent !== undefined && { body: sent }),
      // A redirect would carry the code, and the key, to another place than the one that was set.
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    }).catch((error: unknown) => {
      over();
      throw silence.signal.aborted ? silence.signal.reason : error;
    });
    const begun: Begun = { response, heard: () => timer.refresh(), over };
    if (response.ok) return begun;
    let said = '';
    for await (const part of this.#text(begun)) {
      said += part;
      if (said.length > MAX_QUOTED_CHARACTERS * 10) break;
    }
    if (PASSING.has(response.status)) throw this.#down(`status ${response.status}`);
    throw this.refused(response.status, messageOf(said));
  }

  async *#text({ response, heard, over }: Begun): AsyncGenerator<string, void> {
    const decoder = new TextDecoder();
    try {
      for await (const part of response.body ?? []) {
        heard();
        yield decoder.decode(part as Uint8Array, { stream: true });
      }
      yield decoder.decode();
    } finally {
      over();
    }
  }

  #explained(error: unknown, signal: AbortSignal | undefined): GardenerError {
    if (signal?.aborted) return cancelled();
    if (GardenerError.isInstance(error)) return error;
    return this.#down(reasonOf(error), error);
  }

  #down(why: string, cause?: unknown): GardenerError {
    return new GardenerError('models.server-down', `${this.name} at ${this.url} does not answer (${why}).`, {
      remedy: this.#options.remedy,
      details: { url: this.url, why },
      retryable: true,
      ...(cause !== undefined && { cause }),
    });
  }
}

/** An address without a slash at its end. */
function checkedUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isGood =
    parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.search === '';
  if (isGood) return parsed.origin + parsed.pathname.replace(/\/+$/, '');
  throw new GardenerError(
    'models.bad-server-url',
    `${JSON.stringify(url.slice(0, 200))} is no address of a model server.`,
    { remedy: 'Set runtimeUrl to an address such as http://127.0.0.1:8000/v1.' },
  );
}

/** What Ollama ({error}) and OpenAI's API ({error: {message}}) say, or the body itself. */
function messageOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return error;
    const { message } = (error ?? {}) as { message?: unknown };
    return typeof message === 'string' ? message : body;
  } catch {
    return body;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MAX_QUOTED_CHARACTERS);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { code, message } = (error.cause ?? {}) as { code?: unknown; message?: unknown };
  return String(code ?? message ?? error.message).slice(0, MAX_QUOTED_CHARACTERS);
}
