import { GardenerError } from './garden-error.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The `code` of a Node system error (`ENOENT`, ...), or null for anything else. */
export function systemErrorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : null;
}

/** What was being done to a file when it failed. */
export type FileDeed = 'read' | 'write' | 'delete' | 'copy';

/** System calls that leave no doubt about what failed, whatever the caller was about to do as a whole. */
const DEEDS: Readonly<Record<string, FileDeed>> = {
  ...{ read: 'read', scandir: 'read', opendir: 'read', stat: 'read', lstat: 'read', statfs: 'read' },
  ...{ unlink: 'delete', rmdir: 'delete', rm: 'delete', copyfile: 'copy' },
};

/**
 * Turns a failed file operation into a sentence: `garden.disk-full`, `garden.permission-denied`,
 * `garden.file-missing`, else `garden.file-operation-failed`. A GardenerError passes through unchanged.
 * @param file what the caller was at; the system's own word about what failed counts for more, and so for `doing`
 */
export function asFilesystemError(error: unknown, file: string, doing: FileDeed): GardenerError {
  if (GardenerError.isInstance(error)) return error;
  const code = systemErrorCode(error) ?? 'unknown';
  const failed = whatFailed(error, file, doing);
  const deed = `${failed.doing} ${failed.file}${failed.to === null ? '' : ` to ${failed.to}`}`;
  const details = { file: failed.file, systemCode: code };
  if (FULL.has(code)) {
    return new GardenerError('garden.disk-full', `There is no room left on the disk to ${deed}.`, {
      remedy: 'Free some disk space, or move the data directory with CODEBASE_GARDENER_DATA_DIR.',
      details,
      retryable: true,
      cause: error,
    });
  }
  if (DENIED.has(code)) {
    return new GardenerError('garden.permission-denied', `There is no permission to ${deed}.`, {
      remedy: 'Give your user access to it, or use another data directory with CODEBASE_GARDENER_DATA_DIR.',
      details,
      cause: error,
    });
  }
  if (code === 'ENOENT') {
    return new GardenerError('garden.file-missing', `${failed.file} does not exist.`, {
      remedy: 'Run `gardener doctor` to check the data directory.',
      details,
      cause: error,
    });
  }
  return new GardenerError('garden.file-operation-failed', `Could not ${deed} (${code}).`, {
    remedy: 'Check the disk, then run the command again.',
    details,
    cause: error,
  });
}

function whatFailed(
  error: unknown,
  file: string,
  doing: FileDeed,
): { file: string; to: string | null; doing: FileDeed } {
  const { syscall, path, dest } = (error ?? {}) as { syscall?: unknown; path?: unknown; dest?: unknown };
  const known = typeof syscall === 'string' ? DEEDS[syscall] : undefined;
  if (known === undefined || typeof path !== 'string') return { file, to: null, doing };
  return { file: path, to: known === 'copy' && typeof dest === 'string' ? dest : null, doing: known };
}
