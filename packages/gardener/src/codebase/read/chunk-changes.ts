import { isJudgedBy } from '../secrets/allowed-secrets.js';
import type { FileOutcome, FileVersion } from '../walk/file-outcome.js';
import { readSource } from '../walk/read-source.js';
import { byPath, DEFAULT_MAX_FILE_BYTES, type WalkedFile, type WalkResult } from '../walk/walk.js';
import { chunkRead, FILES_AHEAD } from './chunk-codebase.js';
import type { ChunkedFile } from './chunked-file.js';
import { inOrder } from './in-order.js';

/** A file that is as it was when it was last read. */
export interface UnchangedFile {
  path: string;
  unchanged: true;
  /** What is known of it, with the times it has now. */
  known: KnownFile;
}

/** What an earlier walk made of a file that it read. */
export type KnownFile = FileOutcome & { version: FileVersion };

export interface ChunkChangesOptions {
  /** Larger files are skipped. Default 1 MiB. */
  maxFileBytes?: number;
  /** The setting; a file about whose secrets it decides otherwise than before counts as changed. Defaults to none. */
  allowedSecrets?: string;
  signal?: AbortSignal;
}

/**
 * Like chunkCodebase, for a codebase that was read before: a file whose size and times have not changed is not
 * read, one whose bytes have not changed is not parsed. Chunks are not marked as duplicates of one another,
 * since not all of them are seen.
 * @param known what is known of a path; a file whose chunks are wanted again must not be
 */
export async function* chunkChanges(
  walk: WalkResult,
  known: (path: string) => KnownFile | undefined,
  options: ChunkChangesOptions = {},
): AsyncGenerator<ChunkedFile | FileOutcome | UnchangedFile> {
  const maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES;
  const chunk = async (item: WalkedFile | FileOutcome) => {
    if ('outcome' in item) return item;
    const before = stillTrue(known(item.path), options);
    if (before !== undefined && hasSameTimes(item, before.version)) return unchanged(before);
    const read = await readSource(item.absolutePath, maxFileBytes);
    const { version } = read;
    if (before !== undefined && version?.hash === before.version.hash)
      return unchanged({ ...before, version });
    return chunkRead(item, read, options);
  };
  for await (const result of inOrder([...walk.files, ...walk.outcomes].sort(byPath), FILES_AHEAD, chunk)) {
    options.signal?.throwIfAborted();
    yield result;
  }
}

function unchanged(known: KnownFile): UnchangedFile {
  return { path: known.path, unchanged: true, known };
}

/** What is known of a file, where the settings have decided about its secrets as they do now. */
function stillTrue(
  known: KnownFile | undefined,
  { allowedSecrets = '' }: ChunkChangesOptions,
): KnownFile | undefined {
  return known !== undefined && isJudgedBy(known, allowedSecrets) ? known : undefined;
}

/** Whether size and times alone show that a file still is this version, so that it need not be read. */
export function hasSameTimes(
  file: Pick<WalkedFile, 'bytes' | 'modifiedMs' | 'changedMs'>,
  version: FileVersion,
): boolean {
  return (
    version.settled &&
    file.bytes === version.bytes &&
    file.modifiedMs === version.modifiedMs &&
    file.changedMs === version.changedMs
  );
}
