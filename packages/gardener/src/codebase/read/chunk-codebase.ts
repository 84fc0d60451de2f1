import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Chunk } from '../chunk/chunk.js';
import { type QualityReason, scoreQuality } from '../chunk/quality.js';
import type { Language, LanguageId } from '../languages/language.js';
import { findLanguage } from '../languages/languages.js';
import { isMostlySecret, maskSecrets } from '../secrets/find-secrets.js';
import { reasonByContent } from '../walk/content-rules.js';
import type { FileOutcome } from '../walk/file-outcome.js';
import { readSource, type SourceRead } from '../walk/read-source.js';
import {
  byPath,
  DEFAULT_MAX_FILE_BYTES,
  type WalkedFile,
  type WalkResult,
  walkCodebase,
} from '../walk/walk.js';
import { chunkSource } from './chunk-source.js';
import type { ChunkedFile } from './chunked-file.js';
import { inOrder } from './in-order.js';

export interface ChunkCodebaseOptions {
  /** Larger files are skipped. Default 1 MiB. */
  maxFileBytes?: number;
  /** The setting: fingerprints of secrets that are none. Defaults to none. */
  allowedSecrets?: string;
  /** Ends the walk with the signal's reason. */
  signal?: AbortSignal;
  /** A walk made already; by default the codebase is walked first. */
  walk?: WalkResult;
  /** Ends the parse of one file. Default 10,000. */
  parseTimeoutMs?: number;
}

/** While some files are parsed the next ones are read. */
export const FILES_AHEAD = 8;

// Shorter texts repeat by chance.
const MIN_DUPLICATE_CHARACTERS = 80;

/**
 * Walks, reads, parses and chunks a codebase, in order of path. Each file seen comes out once: in
 * chunks, or with the reason why it was left out. A file that cannot be read or parsed is an outcome and stops nothing.
 * A chunk whose text was seen before in another place carries the reason `duplicated`.
 * @throws GardenerError what walkCodebase throws.
 */
export async function* chunkCodebase(
  root: string,
  options: ChunkCodebaseOptions = {},
): AsyncGenerator<ChunkedFile | FileOutcome> {
  const walk = options.walk ?? (await walkCodebase(root, options));
  const seenTexts = new Set<number>();
  const items = [...walk.files, ...walk.outcomes].sort(byPath);
  const read = (item: (typeof items)[number]) => ('outcome' in item ? item : readFileChunks(item, options));
  for await (const result of inOrder(items, FILES_AHEAD, read)) {
    options.signal?.throwIfAborted();
    if ('chunks' in result) markDuplicates(result.chunks, seenTexts);
    yield result;
  }
}

/**
 * Reads, parses and chunks one file of a walk; what goes wrong is an outcome, not an exception. Secrets are masked
 * before anything else looks at the text, so no chunk, vector or example can hold one.
 */
export async function readFileChunks(
  file: WalkedFile,
  options: Pick<ChunkCodebaseOptions, 'maxFileBytes' | 'allowedSecrets' | 'parseTimeoutMs'> = {},
): Promise<ChunkedFile | FileOutcome> {
  const read = await readSource(file.absolutePath, options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES);
  return chunkRead(file, read, options);
}

/** The second half of {@link readFileChunks}, for a file that was read already. */
export async function chunkRead(
  file: WalkedFile,
  read: SourceRead,
  options: Pick<ChunkCodebaseOptions, 'allowedSecrets' | 'parseTimeoutMs'> = {},
): Promise<ChunkedFile | FileOutcome> {
  const { path } = file;
  const { version } = read;
  const known = version === undefined ? {} : { version };
  const leftOut = (outcome: 'skipped' | 'failed', reason: string): FileOutcome => ({
    path,
    outcome,
    reason,
    ...known,
  });
  if (!read.ok) return leftOut(read.outcome, read.reason);
  try {
    const language = languageOfText(file.language, read.text);
    if (language === null) return leftOut('skipped', 'unknown-language');
    const { text, secrets, ...through } = maskSecrets(path, read.text, options.allowedSecrets);
    const places = { ...(secrets.length > 0 && { secrets }), ...through };
    if (isMostlySecret(text)) return { ...leftOut('skipped', 'secret'), ...places };
    const reason = reasonByContent(language, text);
    if (reason !== null) return leftOut('skipped', reason);
    const timeout = options.parseTimeoutMs === undefined ? {} : { timeoutMs: options.parseTimeoutMs };
    const source = await chunkSource(path, language.id, text, timeout);
    const { hash, modifiedMs } = read.version;
    return { path, language: language.id, hash, text, modifiedMs, ...source, ...places, ...known };
  } catch (error) {
    // A missing grammar is not the fault of this file, and every other file of the language would fail the same way.
    if (GardenerError.isInstance(error) && error.code === 'codebase.grammar-missing') throw error;
    const isLate = GardenerError.isInstance(error) && error.code === 'codebase.parse-timeout';
    return leftOut('failed', isLate ? 'parse-timeout' : 'parse-failed');
  }
}

/** The language that a text is in: languages share endings. */
function languageOfText(id: LanguageId, text: string): Language | null {
  const language = findLanguage(id);
  if (language?.languageOfText === undefined) return language;
  const actual = language.languageOfText(text);
  return actual === null ? null : findLanguage(actual);
}

function markDuplicates(chunks: Chunk[], seen: Set<number>): void {
  for (const chunk of chunks) {
    const words = chunk.text.replace(/\s+/g, ' ').trim();
    if (words.length < MIN_DUPLICATE_CHARACTERS) continue;
    const hash = hash53(words);
    if (seen.has(hash)) {
      chunk.quality = scoreQuality([...(chunk.quality.reasons as QualityReason[]), 'duplicated']);
    }
    seen.add(hash);
  }
}

/** A 53-bit hash (cyrb53, two 32-bit multiply-xor lanes): a million texts collide with a chance of 1 in 18,000. */
function hash53(text: string): number {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 2654435761);
    high = Math.imul(high ^ unit, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return 4294967296 * (2097151 & high) + (low >>> 0);
}
