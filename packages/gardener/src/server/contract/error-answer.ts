import { GardenerError } from '../../garden/errors/garden-error.js';

/** The body of every answer that is not a success. */
export interface ErrorBody {
  error: { code: string; message: string; remedy: string; details?: Record<string, unknown> };
}

/** An error as HTTP tells it. */
export interface ErrorAnswer {
  status: ErrorStatus;
  body: ErrorBody;
  headers: Record<string, string>;
}

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 500 | 503 | 507;

const RETRY_AFTER_SECONDS = 2;

/** Codes that mean something else than "understood, but not possible now" (422). */
const STATUS: Record<string, ErrorStatus> = {
  'server.bad-request': 400,
  'server.token-required': 401,
  'server.foreign-host': 403,
  'server.foreign-origin': 403,
  'server.folder-unreadable': 403,
  'server.not-found': 404,
  'server.unknown-run': 404,
  'server.unknown-model': 404,
  'server.unknown-file': 404,
  'server.method-not-allowed': 405,
  'server.body-too-slow': 408,
  'server.body-too-large': 413,
  'server.not-json': 415,
  'server.too-many-requests': 429,
  'server.stopping': 503,
  'server.took-too-long': 503,
  'garden.unknown-project': 404,
  'chat.unknown-conversation': 404,
  'training.no-such-adapter': 404,
  'models.not-on-disk': 404,
  'models.unknown-model': 404,
  'garden.bad-name': 400,
  'garden.bad-setting': 400,
  'garden.bad-identifier': 400,
  'chat.empty-question': 400,
  'retrieval.bad-glob': 400,
  'retrieval.bad-pattern': 400,
  'retrieval.unknown-place': 404,
  'retrieval.unknown-symbol': 404,
  'models.in-use': 409,
  'garden.run-active': 409,
  'garden.name-taken': 409,
  'garden.project-exists': 409,
  'training.no-run': 409,
  'models.no-fill-in-the-middle': 400,
  'models.prompt-too-long': 400,
  'prompt.question-too-long': 400,
  'garden.busy': 503,
  'garden.lock-lost': 503,
  'garden.disk-full': 507,
  'models.disk-full': 507,
  'models.runtime-died': 503,
  'models.runtime-closed': 503,
  'retrieval.embedder-died': 503,
  'retrieval.embedding-server-down': 503,
};

/**
 * Turns whatever was thrown into an answer: one of our errors with its own code, sentence and remedy,
 * anything else as `server.internal`.
 */
export function errorAnswer(error: unknown): ErrorAnswer {
  const known = ownFields(error);
  if (known === null) return { status: 500, body: { error: INTERNAL }, headers: {} };
  const { code, message, remedy, details } = known;
  const status = STATUS[code] ?? 422;
  const hasDetails = details !== undefined && Object.keys(details).length > 0;
  const body = { error: { code, message, remedy, ...(hasDetails ? { details } : {}) } };
  const headers: Record<string, string> = {};
  if (status === 429 || status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="gardener"';
  return { status, body, headers };
}

const INTERNAL = {
  code: 'server.internal',
  message: 'Something unexpected happened in the server.',
  remedy: 'Look at the log in the data directory, or run `gardener doctor`.',
};

/**
 * GardenerError and LoraError have one shape; recognising both by it saves loading the trainer.
 */
function ownFields(error: unknown): ErrorBody['error'] | null {
  if (GardenerError.isInstance(error)) return error;
  const { code, message, remedy } = Object(error) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof remedy !== 'string' || !(error instanceof Error)) return null;
  return { code, message: String(message), remedy };
}
