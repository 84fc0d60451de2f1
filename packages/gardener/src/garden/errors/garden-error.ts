const MARK = Symbol.for('codebase-gardener.error');

/** What every GardenerError carries beside its message. Same shape as LoraError's. */
export interface GardenerErrorOptions {
  /** What the user can do about it, one sentence: printed after `try: `. */
  remedy: string;
  /** Facts for a program to act on. */
  details?: Record<string, unknown>;
  /** True when the same call may succeed later. Defaults to false. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * An error a user can meet: a stable `code` (`room.what`), one plain sentence, and a remedy.
 * Recognised by a `Symbol.for` marker, not by `instanceof`.
 */
export class GardenerError extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly details: Record<string, unknown>;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: GardenerErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GardenerError';
    this.code = code;
    this.remedy = options.remedy;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Whether `error` is a GardenerError, also one of another copy of this package. */
  static isInstance(error: unknown): error is GardenerError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[MARK] === true;
  }
}
