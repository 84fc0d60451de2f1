import { GardenerError } from './garden-error.js';

/** A GardenerError or LoraError as plain data. */
export interface KnownError {
  code: string;
  message: string;
  remedy: string;
  details: Record<string, unknown>;
  retryable: boolean;
}

/** Any other error as plain data. */
export interface UnknownError {
  code: null;
  name: string;
  message: string;
  stack: string;
}

/** An error as it crosses the border between two processes. */
export type WireError = KnownError | UnknownError;

/**
 * What an error of ours says, or null for any other. GardenerError and LoraError have one shape and are recognised by
 * it, so that nobody has to load the trainer for this.
 */
export function asKnownError(error: unknown): KnownError | null {
  if (!(error instanceof Error) && !GardenerError.isInstance(error)) return null;
  const { code, message, remedy, details, retryable } = error as Partial<KnownError>;
  if (typeof code !== 'string' || typeof remedy !== 'string') return null;
  return {
    code,
    message: String(message),
    remedy,
    details: details ?? {},
    retryable: retryable ?? false,
  };
}

/** Whatever was thrown, as plain data. Its cause stays behind. */
export function toWireError(error: unknown): WireError {
  const known = asKnownError(error);
  if (known !== null) return known;
  if (!(error instanceof Error)) return { code: null, name: 'Error', message: String(error), stack: '' };
  return { code: null, name: error.name, message: error.message, stack: error.stack ?? '' };
}

/** The error again: a GardenerError for one that was known, else an Error with the name and stack of the first. */
export function fromWireError(wire: WireError): Error {
  if (wire.code !== null) return new GardenerError(wire.code, wire.message, wire);
  return Object.assign(new Error(wire.message), { name: wire.name, stack: wire.stack });
}
