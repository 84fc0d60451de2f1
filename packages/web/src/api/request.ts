import type { ErrorObject } from './types.js';

/** What the server answered instead of what was asked for; the same shape as its error object. */
export class ApiError extends Error implements ErrorObject {
  readonly code: string;
  readonly remedy: string;
  readonly status: number;
  readonly details: Record<string, unknown>;

  constructor(status: number, { code, message, remedy, details }: ErrorObject) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.remedy = remedy;
    this.details = details ?? {};
  }
}

/** Whatever was thrown, as an error that can be shown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, {
    code: 'web.unexpected',
    message: error instanceof Error ? error.message : String(error),
    remedy: 'Reload the page.',
  });
}

/** Whether `error` is only that somebody stopped the request. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/**
 * One request to the server, with JSON both ways.
 * @returns the answer's JSON, or undefined for an empty one
 * @throws ApiError with the server's own error, or `web.server-away`; AbortError when `signal` fires
 */
export async function request<Answer>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await send(method, path, body, signal);
  if (response.status === 204 || response.status === 202) {
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }
  return (await response.json()) as Answer;
}

/** The same, for an answer that is read as it comes. */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw serverAway();
  }
  if (response.ok) return response;
  const error = await errorObject(response);
  // The server is shutting down: for the reader that is the same as a server that does not answer.
  throw error.code === 'server.stopping' ? serverAway() : new ApiError(response.status, error);
}

function serverAway(): ApiError {
  return new ApiError(0, {
    code: 'web.server-away',
    message: 'The Gardener server does not answer.',
    remedy: 'Start it again with `gardener serve`; this page goes on by itself.',
  });
}

async function errorObject(response: Response): Promise<ErrorObject> {
  try {
    const { error } = (await response.json()) as { error?: Partial<ErrorObject> };
    if (typeof error?.message === 'string') {
      return { code: 'web.server-error', remedy: '', ...error, message: error.message };
    }
  } catch {
    // Not one of the server's own answers.
  }
  return {
    code: 'web.server-error',
    message: `The server answered ${response.status}.`,
    remedy: 'Try again; if it stays so, look at the log in the data directory.',
  };
}
