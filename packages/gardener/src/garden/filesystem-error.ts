import { GardenerError } from './errors.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The `code` of a Node system error (`ENOENT`, ...), or null for anything else. */
export function systemErrorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : null;
}

/**
 * Turns a failed file operation into a sentence: `garden.disk-full`, `garden.permission-denied`,
 * `garden.file-missing`, else `garden.file-operation-failed`. A GardenerError passes through unchanged.
 */
export function asFilesystemError(error: unknown, file: string, doing: 'read' | 'write'): GardenerError {
  if (GardenerError.isInstance(error)) return error;
  const code = systemErrorCode(error) ?? 'unknown';
  const details = { file, systemCode: code };
  if (FULL.has(code)) {
    return new GardenerError('garden.disk-full', `There is no room left on the disk to write ${file}.`, {
      remedy: 'Free some disk space, or move the data directory with CODEBASE_GARDENER_DATA_DIR.',
      details,
      retryable: true,
      cause: error,
    });
  }
  if (DENIED.has(code)) {
    return new GardenerError('garden.permission-denied', `There is no permission to ${doing} ${file}.`, {
      remedy: 'Give your user access to it, or use another data directory with CODEBASE_GARDENER_DATA_DIR.',
      details,
      cause: error,
    });
  }
  if (code === 'ENOENT') {
    return new GardenerError('garden.file-missing', `${file} does not exist.`, {
      remedy: 'Run `gardener doctor` to check the data directory.',
      details,
      cause: error,
    });
  }
  return new GardenerError('garden.file-operation-failed', `Could not ${doing} ${file} (${code}).`, {
    remedy: 'Check the disk, then run the command again.',
    details,
    cause: error,
  });
}
