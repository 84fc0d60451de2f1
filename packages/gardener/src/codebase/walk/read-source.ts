import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isNotebook, notebookScript } from '../languages/notebook.js';
import { decodeText } from './decode-text.js';
import type { FileVersion } from './file-outcome.js';

/** A file's decoded text, or why there is none. */
export type SourceRead =
  | { ok: true; text: string; version: FileVersion }
  | { ok: false; outcome: 'skipped' | 'failed'; reason: string; version?: FileVersion };

// Not through a link and not waiting for a writer: the file may have been replaced since it was listed.
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const ATTEMPTS = 3;
// Editors end a line at it and parsers do not. Here it is a line feed, so that a line is the same to everyone.
const LONE_CARRIAGE_RETURN = /\r(?!\n)/g;
/** No file system keeps coarser times: a file changed longer ago than this shows each further change. */
const SETTLED_MS = 2_000;

/**
 * Reads one source file, in any text encoding, unless it is larger than `maxFileBytes`. A carriage return that
 * stands alone
 * comes out as a line feed, and a notebook as the script in it. When it changes while it is
 * read, it is read again, up to three times in all.
 */
export async function readSource(absolutePath: string, maxFileBytes: number): Promise<SourceRead> {
  let file: FileHandle;
  try {
    file = await open(absolutePath, FLAGS);
  } catch (error) {
    return refusal(error);
  }
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await file.stat();
      if (!before.isFile()) return { ok: false, outcome: 'skipped', reason: 'not-a-file' };
      if (before.size > maxFileBytes) return { ok: false, outcome: 'skipped', reason: 'too-large' };
      const bytes = await readExactly(file, before.size);
      const after = await file.stat();
      if (bytes.length === before.size && sameState(before, after))
        return decoded(absolutePath, bytes, versionOf(bytes, after));
    }
    return { ok: false, outcome: 'failed', reason: 'changed' };
  } catch (error) {
    return refusal(error);
  } finally {
    await file.close();
  }
}

async function readExactly(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function sameState(before: Stats, after: Stats): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs;
}

function versionOf(bytes: Buffer, { size, mtimeMs, ctimeMs }: Stats): FileVersion {
  return {
    hash: createHash('sha256').update(bytes).digest('hex'),
    bytes: size,
    modifiedMs: mtimeMs,
    changedMs: ctimeMs,
    settled: Math.max(mtimeMs, ctimeMs) < Date.now() - SETTLED_MS,
  };
}

function decoded(path: string, bytes: Buffer, version: FileVersion): SourceRead {
  const written = decodeText(bytes);
  if (written === null) return { ok: false, outcome: 'skipped', reason: 'binary', version };
  const text = isNotebook(path) ? notebookScript(written) : written;
  if (text === null) return { ok: false, outcome: 'skipped', reason: 'unknown-language', version };
  if (text.trim() === '') return { ok: false, outcome: 'skipped', reason: 'empty', version };
  return { ok: true, text: text.replace(LONE_CARRIAGE_RETURN, '\n'), version };
}

function refusal(error: unknown): SourceRead {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return { ok: false, outcome: 'failed', reason: 'deleted' };
  if (code === 'ELOOP' || code === 'EMLINK') return { ok: false, outcome: 'skipped', reason: 'symlink' };
  return { ok: false, outcome: 'failed', reason: 'unreadable' };
}
