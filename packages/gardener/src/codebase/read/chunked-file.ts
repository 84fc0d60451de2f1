import type { Chunk } from '../chunk/chunk.js';
import type { FileFacts } from '../graph/file-facts.js';
import type { LanguageId } from '../languages/language.js';
import type { SecretPlace } from '../secrets/find-secrets.js';
import type { FileCounts, FileOutcome, FileVersion } from '../walk/file-outcome.js';

/** A file that was read, parsed and chunked. */
export interface ChunkedFile {
  path: string;
  language: LanguageId;
  /** sha256 of the file's bytes, hex. */
  hash: string;
  /** Decoded text, line ends as in the file (a lone carriage return is a line feed), secrets masked. */
  text: string;
  /** Last modification, ms since the epoch. */
  modifiedMs: number;
  /** True when the parser met syntax errors and went on. */
  hasSyntaxErrors: boolean;
  /** Something the grammar does not know was left out or found by its words alone. */
  isRecovered?: boolean;
  chunks: Chunk[];
  /** What the symbol graph keeps of it; absent where the file was not parsed anew. */
  facts?: FileFacts;
  /** Where secrets were masked; absent where there were none. */
  secrets?: SecretPlace[];
  /** Fingerprints of secrets that the setting of this name lets through, sorted; absent where there are none. */
  allowedSecrets?: string[];
  version?: FileVersion;
}

/** Whether an item of `chunkCodebase` is a file with its chunks, and not the outcome of one that was left out. */
export function isChunkedFile(item: ChunkedFile | FileOutcome): item is ChunkedFile {
  return 'chunks' in item;
}

/** Folds outcomes (and chunked files, which are indexed) into counts: seen = indexed + skipped + failed. */
export function countOutcomes(outcomes: Iterable<FileOutcome | ChunkedFile>): FileCounts {
  const counts: FileCounts = { seen: 0, indexed: 0, skipped: {}, failed: {} };
  for (const item of outcomes) {
    counts.seen++;
    if (isChunkedFile(item) || item.outcome === 'indexed') counts.indexed++;
    else {
      const byReason = counts[item.outcome];
      const reason = item.reason ?? 'unknown';
      byReason[reason] = (byReason[reason] ?? 0) + 1;
    }
  }
  return counts;
}
