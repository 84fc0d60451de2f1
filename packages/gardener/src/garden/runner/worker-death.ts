import type { RunEventInput } from '../runs/run-events.js';
import type { RunKind } from '../runs/runs.js';
import type { WorkerExit } from './worker-process.js';

/** Restarts without a new checkpoint in between. */
export const MAX_RESTARTS = 3;

/**
 * With less than this a worker that ended by itself has most likely met a full disk; what it had
 * begun to write is gone again.
 */
const FULL_DISK_BYTES = 4 * 2 ** 20;
const DISK_REMEDY =
  'Free some space (gardener disk shows what takes it), then start it again with gardener refresh or gardener train.';
const MEMORY_REMEDY =
  'The machine may have run out of memory: close other programs or lower the setting sequenceLength, then start it again.';

/**
 * The event for a worker that ended without saying why. Killed, or ended by itself without an error: run-interrupt, so
 * that it is started again; ended by an error of its own, which would only come again: run-fail.
 * @param freeBytes left on the disk of the data directory; on a full one a worker cannot say why it ends
 */
export function eventForDeath(
  kind: RunKind,
  exit: WorkerExit,
  freeBytes = Number.POSITIVE_INFINITY,
): RunEventInput {
  const name = kind === 'train' ? 'training' : 'indexing';
  if (wasStopped(exit)) {
    const again = kind === 'train' ? 'it goes on from its last checkpoint' : 'it is started again';
    return { type: 'run-interrupt', reason: `The ${name} process ${howItEnded(exit)}; ${again}.` };
  }
  const details = { exitCode: exit.code, signal: exit.signal, stderrTail: exit.stderrTail };
  if (freeBytes < FULL_DISK_BYTES || /\bENOSPC\b/.test(exit.stderrTail)) {
    const message = `The ${name} process ended: there is no room left on the disk of the data directory.`;
    const error = { code: 'garden.disk-full', message, remedy: DISK_REMEDY };
    return { type: 'run-fail', error, details };
  }
  const cause = lastErrorLine(exit.stderrTail);
  return {
    type: 'run-fail',
    error: {
      code: 'training.process-failed',
      message: `The ${name} process ${howItEnded(exit)}${cause === null ? '' : `: ${cause}`}.`,
      remedy: /out of memory|bad_alloc|ENOMEM/i.test(exit.stderrTail)
        ? MEMORY_REMEDY
        : 'Read worker.log in the run directory that `gardener status` shows; if it is a bug, please report it.',
    },
    details,
  };
}

/** The event for a run whose worker died again and again without getting any further. */
export function eventForRepeatedDeath(kind: RunKind, lastReason: string | null): RunEventInput {
  const name = kind === 'train' ? 'training' : 'indexing';
  const how = lastReason === null ? '' : ` The last time: ${lastReason.split(';')[0]?.replace(/\.$/, '')}.`;
  return {
    type: 'run-fail',
    error: {
      code: 'training.process-died',
      message: `The ${name} process died ${MAX_RESTARTS + 1} times without getting any further.${how}`,
      remedy: MEMORY_REMEDY,
    },
  };
}

function wasStopped({ code, signal, stderrTail }: WorkerExit): boolean {
  if (signal !== null || code === null || code === 0 || code > 128) return true;
  // On Windows a killed process has exit code 1, like one that threw; but one that threw has said so.
  return process.platform === 'win32' && stderrTail.trim() === '';
}

function howItEnded({ code, signal }: WorkerExit): string {
  if (signal === 'SIGKILL' || code === 137) {
    return 'was killed (SIGKILL), by hand or because the machine ran out of memory';
  }
  if (signal !== null) return `was ended by ${signal}`;
  if (code === null) return 'was gone';
  return code === 0 ? 'ended before its work was done' : `ended with exit code ${code}`;
}

/** The line that names the error in what Node prints for an uncaught one, without the stack. */
function lastErrorLine(stderrTail: string): string | null {
  const lines = stderrTail.split(/\r?\n/).map((line) => line.trim());
  const named = lines.filter((line) => /^(\w*Error\b|Uncaught\b|FATAL\b).*:/.test(line)).at(-1);
  const line = named ?? lines.filter((text) => text !== '' && !/^(at |Node\.js v|\^|[{}])/.test(text)).at(-1);
  return line === undefined ? null : line.slice(0, 300).replace(/\.$/, '');
}
