import type { SecretPlace } from '../secrets/find-secrets.js';

/** What tells one state of a file on disk from the next. */
export interface FileVersion {
  /** sha256 of the file's bytes, hex. */
  hash: string;
  bytes: number;
  /** Last modification of the content, and of the file's record (ctime), ms since the epoch. */
  modifiedMs: number;
  changedMs: number;
  /** False when the file was so new when read that a later change may carry the same times. */
  settled: boolean;
}

/** Every file seen is indexed, skipped or failed, with the reason. */
export interface FileCounts {
  seen: number;
  indexed: number;
  skipped: Record<string, number>;
  failed: Record<string, number>;
}

/** One entry of `status --files`. */
export interface FileOutcome {
  path: string;
  outcome: 'indexed' | 'skipped' | 'failed';
  /** Why it was skipped or failed; null when indexed. */
  reason: string | null;
  /** Of an indexed file: parts of it are not known to its grammar, and were read around or found by their words. */
  isRecovered?: boolean;
  /** Where secrets were masked, or stand in a file that is left out for them; absent where there are none. */
  secrets?: SecretPlace[];
  /** Fingerprints of secrets that the setting of this name lets through, sorted; absent where there are none. */
  allowedSecrets?: string[];
  /** Of a file that was read; one left out by its name or its size has none. */
  version?: FileVersion;
  /** How often in a row reading these bytes has failed; absent where it has not. */
  failures?: number;
}
