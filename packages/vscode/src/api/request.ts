import { ApiError, isAbort } from './api-error.js';
import type { Address, ErrorObject } from './types.js';

/**
 * Tells this window from others, which have extension hosts of their own, so that the server does not take a question
 * of theirs for a newer one of ours. `randomUUID` is not there in pages without TLS, and a host may be one.
 */
const CLIENT = `vscode-${[...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('')}`;

/** One request. */
export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * One request to the server, with JSON both ways.
 * @param path begins with `/`
 * @returns the answer's JSON, or undefined for an empty one
 * @throws ApiError with the server's own error, `vscode.server-away`, `vscode.no-gardener`; AbortError when `signal`
 * fires
 */
export async function request<Answer>(
  address: Address,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const response = await send(address, method, path, options);
  const text = await response.text().catch((error) => {
    throw isAbort(error) ? error : serverAway(address);
  });
  if (text === '') return undefined as Answer;
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw noGardener(address);
  }
}

/** The same, for an answer that is read as it comes. */
export async function send(
  address: Address,
  method: string,
  path: string,
  { body, headers, signal }: RequestOptions = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address.url + path, {
      method,
      // A server answers by itself; one that leads elsewhere must not be given code or a token.
      redirect: 'error',
      credentials: 'omit',
      headers: {
        'x-gardener-client': CLIENT,
        ...(address.token === null ? {} : { authorization: `Bearer ${address.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw serverAway(address);
  }
  if (response.ok) return response;
  const error = await errorObject(response);
  if (error === null) throw noGardener(address);
  // A server that shuts down is for who asks a server that does not answer.
  throw error.code === 'server.stopping' ? serverAway(address) : new ApiError(error);
}

function serverAway({ url }: Address): ApiError {
  return new ApiError({
    code: 'vscode.server-away',
    message: `The Gardener server at ${url} does not answer.`,
    remedy: 'Start it with `gardener serve`.',
  });
}

function noGardener({ url }: Address): ApiError {
  return new ApiError({
    code: 'vscode.no-gardener',
    message: `What answers at ${url} is no Gardener server.`,
    remedy: 'Correct the address in the setting gardener.server.url.',
  });
}

/** The server's own error; null for an answer that is not the server's. */
async function errorObject(response: Response): Promise<ErrorObject | null> {
  try {
    const { error } = (await response.json()) as { error?: Partial<ErrorObject> };
    if (typeof error?.message === 'string' && typeof error.code === 'string') {
      return { ...error, code: error.code, message: error.message, remedy: error.remedy ?? '' };
    }
  } catch {
    // No JSON: somebody else's answer.
  }
  return null;
}
