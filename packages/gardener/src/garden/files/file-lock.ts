import { mkdir, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asFilesystemError, systemErrorCode } from '../errors/filesystem-error.js';
import { GardenerError } from '../errors/garden-error.js';

/** A lock whose holder has not renewed it for this long (it was killed) is taken over. */
const STALE_MS = 10_000;
/** A stamp this far ahead may come from a file system whose clock is not quite ours. */
const CLOCK_TOLERANCE_MS = 2_000;

/** Options of `withLock`. */
export interface LockOptions {
  /** How long to wait for another process. Defaults to 20 s: longer than a killed holder's lock lives. */
  timeoutMs?: number;
  /** How old the last sign of life of a holder must be to take its lock over; at least 2 s. Defaults to 10 s. */
  staleMs?: number;
}

/**
 * Runs `fn` while this process holds the lock of `file` (which need not exist; its folder is made), across processes.
 * For short work only: `fn` must not block the event loop for seconds, or the lock counts as abandoned. Not re-entrant.
 *
 * @throws garden.busy when another process holds it for longer than `timeoutMs`; garden.lock-lost
 */
export async function withLock<T>(file: string, fn: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { lock } = (await import('proper-lockfile')).default;
  let lost: unknown = null;
  const acquire = () =>
    lock(file, {
      realpath: false,
      stale: options.staleMs ?? STALE_MS,
      update: 2_000,
      onCompromised: (error) => {
        lost = error;
      },
    });
  const watch = new FutureLockWatch(`${file}.lock`, options.staleMs ?? STALE_MS);
  const release = await waitFor(acquire, watch, file, options.timeoutMs ?? 20_000);
  try {
    const result = await fn();
    if (lost !== null) throw lockLost(file, lost);
    return result;
  } finally {
    // A lock taken over by another process is not ours to release.
    await release().catch(() => undefined);
  }
}

async function waitFor(
  acquire: () => Promise<() => Promise<void>>,
  watch: FutureLockWatch,
  file: string,
  timeoutMs: number,
): Promise<() => Promise<void>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await acquire();
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'ENOENT') {
        await mkdir(dirname(file), { recursive: true }).catch((cause: unknown) => {
          throw asFilesystemError(cause, file, 'write');
        });
      } else if (code !== 'ELOCKED') {
        throw asFilesystemError(error, file, 'write');
      }
      if (performance.now() >= deadline) throw busy(file, error);
      await watch.look();
      // Random, so that two waiting processes do not keep step.
      await delay(10 + Math.random() * 40);
    }
  }
}

/**
 * A lock's age is told by its time stamp. When the clock has been set back since the holder was killed, the stamp lies
 * in the future, and the lock would count as fresh until the clock reaches it. So a lock that nobody renews is given
 * an old stamp.
 */
class FutureLockWatch {
  #seenMs = 0;
  #since = 0;

  constructor(
    readonly lock: string,
    readonly staleMs: number,
  ) {}

  async look(): Promise<void> {
    const stampMs = (await stat(this.lock).catch(() => null))?.mtimeMs ?? 0;
    if (stampMs !== this.#seenMs) {
      this.#seenMs = stampMs;
      this.#since = performance.now();
    } else if (stampMs > Date.now() + CLOCK_TOLERANCE_MS && performance.now() - this.#since > this.staleMs) {
      await utimes(this.lock, 0, 0).catch(() => undefined);
    }
  }
}

function busy(file: string, cause: unknown): GardenerError {
  return new GardenerError('garden.busy', 'Another gardener command is changing the same data.', {
    remedy: 'Wait until it has ended, then run the command again.',
    details: { lock: `${file}.lock` },
    retryable: true,
    cause,
  });
}

function lockLost(file: string, cause: unknown): GardenerError {
  return new GardenerError(
    'garden.lock-lost',
    'This command stood still so long that its lock was given away.',
    {
      remedy: 'Run the command again.',
      details: { lock: `${file}.lock` },
      retryable: true,
      cause,
    },
  );
}
