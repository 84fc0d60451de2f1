import type { ErrorObject } from './types.js';

/** What the server answered instead of what was asked for, or why there was no answer. */
export class ApiError extends Error implements ErrorObject {
  readonly code: string;
  readonly remedy: string;
  readonly details: Record<string, unknown>;

  constructor({ code, message, remedy, details }: ErrorObject) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.remedy = remedy;
    this.details = details ?? {};
  }
}

/** Whatever was thrown, as an error that can be shown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError({ code: 'vscode.unexpected', message, remedy: 'The log of the extension says more.' });
}

/** Whether `error` is only that somebody stopped the request. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
