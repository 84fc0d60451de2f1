import { rename, stat } from 'node:fs/promises';
import { openRegularFile } from '@codebase-gardener/lora/files';
import type { z } from 'zod';
import { asFilesystemError, systemErrorCode } from '../errors/filesystem-error.js';
import { GardenerError } from '../errors/garden-error.js';
import { replaceFile } from './replace-file.js';

/** State files are small; anything larger was not written by Gardener. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

/**
 * Reads a JSON state file and checks it against `schema`.
 * A file that is no JSON, or does not fit, is renamed to `<file>.damaged-<n>` and named in the error.
 *
 * @param options.maxBytes a larger file counts as damaged; default 64 MiB
 * @throws garden.file-missing, garden.damaged-file (details: file, setAside), garden.permission-denied
 */
export async function readJson<T>(
  file: string,
  schema: z.ZodType<T>,
  { maxBytes = MAX_JSON_BYTES }: { maxBytes?: number } = {},
): Promise<T> {
  const { text, version } = await readWhole(file, maxBytes);
  const fault = (why: string, cause?: unknown) => damaged(file, version, why, cause);
  if (text === null) throw await fault(`it is larger than ${maxBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw await fault(text.trim() === '' ? 'it is empty' : 'it is not JSON', error);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const where = issue && issue.path.length > 0 ? `"${issue.path.join('.')}": ` : '';
  throw await fault(`${where}${issue?.message ?? 'it does not have the expected form'}`, checked.error);
}

/** Like `readJson`, but null where there is no file. */
export async function readJsonIfPresent<T>(
  file: string,
  schema: z.ZodType<T>,
  options: { maxBytes?: number } = {},
): Promise<T | null> {
  try {
    return await readJson(file, schema, options);
  } catch (error) {
    if (GardenerError.isInstance(error) && error.code === 'garden.file-missing') return null;
    throw error;
  }
}

/**
 * Writes a JSON state file, as {@link replaceFile} does. Read-modify-write needs `withLock` around it.
 *
 * @param options.compact on one line, for state that no person reads
 * @throws garden.disk-full, garden.permission-denied, garden.file-operation-failed; the old file is then untouched
 */
export async function writeJson(
  file: string,
  value: unknown,
  { compact = false }: { compact?: boolean } = {},
): Promise<void> {
  await replaceFile(file, `${JSON.stringify(value, null, compact ? 0 : 2)}\n`);
}

/** Which bytes a reader has seen: an atomic write in between changes it. */
interface FileVersion {
  inode: bigint;
  modified: bigint;
}

async function readWhole(
  file: string,
  maxBytes: number,
): Promise<{ text: string | null; version: FileVersion }> {
  try {
    const handle = await openRegularFile(file);
    try {
      const facts = await handle.stat({ bigint: true });
      const version = { inode: facts.ino, modified: facts.mtimeNs };
      if (facts.size > BigInt(maxBytes)) return { text: null, version };
      return { text: await handle.readFile('utf8'), version };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asFilesystemError(error, file, 'read');
  }
}

async function damaged(file: string, seen: FileVersion, why: string, cause: unknown): Promise<GardenerError> {
  const setAside = await setFileAside(file, seen);
  const where = setAside === null ? '' : ` It was set aside as ${setAside}.`;
  return new GardenerError('garden.damaged-file', `${file} is damaged: ${why.replace(/\.$/, '')}.${where}`, {
    remedy: `Look at ${setAside ?? file}, mend it and put it back as ${file}, or go on without it.`,
    details: { file, setAside },
    cause,
  });
}

/** The new name, or null where the file cannot be moved or has been replaced since it was read. */
async function setFileAside(file: string, seen: FileVersion): Promise<string | null> {
  for (let n = 1; n <= 1000; n++) {
    const target = `${file}.damaged-${n}`;
    try {
      await stat(target);
      continue;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') return null;
    }
    try {
      const now = await stat(file, { bigint: true });
      if (now.ino !== seen.inode || now.mtimeNs !== seen.modified) return null;
      await rename(file, target);
      return target;
    } catch {
      return null;
    }
  }
  return null;
}
