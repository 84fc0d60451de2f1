import type { ChunkedFile, FileCounts, FileOutcome } from '../chunk/chunk-types.js';

/** Whether an item of `chunkCodebase` is a file with its chunks, and not an account of one left out. */
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
