import type { FileOutcome } from '../../codebase/walk/file-outcome.js';

/** A killed or late parser says nothing about a file: only after so many failures of the same bytes it is let be. */
const MAX_FAILURES = 3;

/** An outcome; of a failure with how often these bytes have failed in a row. One without bytes is not counted. */
export function countedFailure(item: FileOutcome, before: FileOutcome | undefined): FileOutcome {
  if (item.outcome !== 'failed' || item.version === undefined) return item;
  const isSame = before?.outcome === 'failed' && before.version?.hash === item.version.hash;
  return { ...item, failures: isSame ? (before.failures ?? 1) + 1 : 1 };
}

/** Whether a file that failed is read again though its bytes are the same. */
export function mayTryAgain({ outcome, failures = 1 }: FileOutcome): boolean {
  return outcome === 'failed' && failures < MAX_FAILURES;
}
