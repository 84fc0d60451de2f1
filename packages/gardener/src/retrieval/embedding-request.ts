import { GardenerError } from '../garden/errors.js';

/** Where a server stands and how it is asked. */
export interface EmbeddingServer {
  /** For messages: `Ollama`, `the embedding server`. */
  name: string;
  /** http or https, without a slash at its end. */
  url: string;
  /** Sent as a bearer token when it is not empty. */
  apiKey: string;
  /** What to do when nothing answers, one sentence. */
  remedy: string;
}

/** One request; a model that has to be loaded first may take this long. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Vectors of a batch as JSON, many times over. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_QUOTED_CHARACTERS = 200;
/** Statuses after which the same request may succeed. */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

/**
 * Asks a server once.
 * @param body sent as JSON with POST; GET when there is none
 * @returns the JSON that it answers, unchecked
 * @throws GardenerError `retrieval.embedding-server-down` (retryable) when it does not answer or cannot right now,
 * `retrieval.embedding-server-refused` when it says no, `retrieval.embedding-server-answer` when the answer is no JSON or too large
 */
export async function askServer(
  server: EmbeddingServer,
  path: string,
  body: object | null,
  signal?: AbortSignal,
): Promise<unknown> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  try {
    const response = await fetch(`${server.url}${path}`, {
      method: body === null ? 'GET' : 'POST',
      headers: {
        'content-type': 'application/json',
        ...(server.apiKey === '' ? {} : { authorization: `Bearer ${server.apiKey}` }),
      },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the code, and the key, to another place than the one that was set.
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const text = await limitedText(response, server);
    if (PASSING.has(response.status)) throw serverDown(server, `status ${response.status}`);
    if (!response.ok) throw refused(server, response.status, text);
    return parsed(text, server);
  } catch (error) {
    signal?.throwIfAborted();
    if (GardenerError.isInstance(error)) throw error;
    throw serverDown(server, timeout.aborted ? 'no answer in time' : reasonOf(error), error);
  }
}

async function limitedText(response: Response, server: EmbeddingServer): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += (part as Uint8Array).byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw badAnswer(server, 'it is larger than 64 MB');
    text += decoder.decode(part as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string, server: EmbeddingServer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer(server, 'it is no JSON');
  }
}

function reasonOf(error: unknown): string {
  const cause =
    error instanceof Error ? (error.cause as { code?: unknown; message?: unknown } | undefined) : undefined;
  return String(cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : error)).slice(
    0,
    MAX_QUOTED_CHARACTERS,
  );
}

function serverDown({ name, url, remedy }: EmbeddingServer, why: string, cause?: unknown): GardenerError {
  return new GardenerError(
    'retrieval.embedding-server-down',
    `${name} at ${url} does not answer (${why}): the embedding server is needed to index and to search.`,
    { remedy, details: { url, why }, retryable: true, ...(cause === undefined ? {} : { cause }) },
  );
}

function refused({ name, url }: EmbeddingServer, status: number, text: string): GardenerError {
  const said = text.replace(/\s+/g, ' ').trim().slice(0, MAX_QUOTED_CHARACTERS);
  return new GardenerError(
    'retrieval.embedding-server-refused',
    `${name} at ${url} refused to embed: ${status}${said === '' ? '' : ` ${said}`}`.replace(/[.]?$/, '.'),
    {
      remedy: 'Check the settings embeddingUrl, embeddingModel and embeddingApiKey.',
      details: { url, status },
    },
  );
}

/** An answer that cannot be used; `why` completes "The answer of … cannot be used: ". */
export function badAnswer({ name, url }: EmbeddingServer, why: string): GardenerError {
  return new GardenerError(
    'retrieval.embedding-server-answer',
    `The answer of ${name} at ${url} cannot be used: ${why}.`,
    { remedy: 'Check that embeddingUrl and embeddingModel name an embedding model.', details: { url, why } },
  );
}
