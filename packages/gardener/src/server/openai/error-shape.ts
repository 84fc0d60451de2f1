import type { ErrorAnswer } from '../contract/error-answer.js';

/** An error as OpenAI's API tells it. */
export interface OpenAiError {
  error: { message: string; type: string; code: string; param: string | null };
}

/** The same error in OpenAI's shape: its clients show the message, so the remedy goes with it. */
export function asOpenAiError({ status, body }: Pick<ErrorAnswer, 'status' | 'body'>): OpenAiError {
  const { code, message, remedy, details } = body.error;
  const param = typeof details?.param === 'string' ? details.param : null;
  return { error: { message: `${message} ${remedy}`, type: typeOf(status), code, param } };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
