import { freemem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../../garden/disk/format-bytes.js';
import { trainingRuns } from '../../../garden/runner/training-turn.js';
import type { RunContext } from '../run-context.js';

/** What `waitForMemory` may be told; for tests. */
export interface MemoryOptions {
  /** Of the whole machine, bytes. Defaults to what the system says. */
  freeBytes?: () => number;
  /** Between two looks. Defaults to 2 s. */
  pollMs?: number;
}

/**
 * Waits until there is memory for a training beside those that began before it. The first one waits for nobody: the
 * trainer says what is missing. What the others have planned and not yet taken is not counted; a training that gets
 * short of memory makes itself lighter.
 * @param neededBytes what the lightest form of the training takes, see `trainingMemory`
 * @throws the signal's reason when aborted
 */
export async function waitForMemory(
  { garden, directory, report, signal }: Pick<RunContext, 'garden' | 'directory' | 'report' | 'signal'>,
  neededBytes: number,
  { freeBytes = freemem, pollMs = 2_000 }: MemoryOptions = {},
): Promise<void> {
  let hasTold = false;
  while (freeBytes() < neededBytes) {
    const [first] = await trainingRuns(garden.paths);
    if (first === undefined || first.runDirectory === directory.path) break;
    const reason =
      `Waits for memory: it needs ${formatBytes(neededBytes)}, and ${formatBytes(freeBytes())} are free while ` +
      'others train.';
    if (!hasTold) await report.event({ type: 'wait', reason });
    hasTold = true;
    await delay(pollMs, undefined, { signal });
  }
  if (hasTold) await report.event({ type: 'go-on' });
}
