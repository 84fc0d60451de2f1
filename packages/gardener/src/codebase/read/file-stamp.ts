import { fingerprintOf } from '../secrets/allowed-secrets.js';
import { CHUNK_RECIPE } from './chunk-recipe.js';

/** What decides what is kept of a file. */
export interface StampedFile {
  /** sha256 of its bytes, hex. */
  hash: string;
  /** Fingerprints of its secrets that are let through. */
  allowedSecrets?: readonly string[];
}

/**
 * The version of a file that rows and facts are made of: its bytes, the recipe, and which of its secrets are let
 * through. What was made by another stamp is made again.
 */
export function stamped({ hash, allowedSecrets = [] }: StampedFile): string {
  const allowed = allowedSecrets.length === 0 ? '' : `:${fingerprintOf(allowedSecrets.join())}`;
  return `${CHUNK_RECIPE}:${hash}${allowed}`;
}
