const MARK = Symbol.for('codebase-gardener.lora-error');

/** What every LoraError carries beside its message. */
export interface LoraErrorOptions {
  /** What the user can do about it, one sentence. */
  remedy: string;
  /** Facts for a program to act on. */
  details?: Record<string, unknown>;
  /** True when the same call may succeed later. Defaults to false. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * An error of the trainer: a stable `code` (`room.what`), one plain sentence, and a remedy.
 * Recognised across copies of the package by a `Symbol.for` marker, not by `instanceof`.
 */
export class LoraError extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly details: Record<string, unknown>;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: LoraErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LoraError';
    this.code = code;
    this.remedy = options.remedy;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Whether `error` is a LoraError, also one of another copy of this package. */
  static isInstance(error: unknown): error is LoraError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[MARK] === true;
  }
}
