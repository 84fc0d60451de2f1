import { closeSync, constants, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { LanguageId } from '../languages/language.js';
import { LANGUAGES, type Language, languageOfFirstLine, languageOfPath } from '../languages/languages.js';
import { checkRoot } from './check-root.js';
import type { FileOutcome } from './file-outcome.js';
import { linkedFile } from './linked-file.js';
import { type Entry, listCodebase } from './list-codebase.js';
import { type PathReason, reasonByPath } from './path-rules.js';
import { VendoredFolders } from './vendored-folders.js';

/** A file worth reading. */
export interface WalkedFile {
  /** Relative to the root, forward slashes. */
  path: string;
  absolutePath: string;
  language: LanguageId;
  bytes: number;
  /** Last modification of the content, and of the file's record (ctime), ms since the epoch. */
  modifiedMs: number;
  changedMs: number;
}

export interface WalkResult {
  /** Sorted by path, so that the same tree gives the same order everywhere. */
  files: WalkedFile[];
  /** Files left out without being read, sorted by path. */
  outcomes: FileOutcome[];
  /** HEAD's hash; null outside git and before the first commit. */
  commit: string | null;
  /** Who decided what is ignored: git, or this program by .gitignore rules. */
  listedBy: 'git' | 'ignore-files';
}

export interface WalkOptions {
  /** Larger files are skipped as `too-large` and never opened. Default 1 MiB. */
  maxFileBytes?: number;
  signal?: AbortSignal;
}

export const DEFAULT_MAX_FILE_BYTES = 2 ** 20;
const STAT_AT_ONCE = 256;

/**
 * Finds the files of a codebase: from git's own list where there is one, by .gitignore rules elsewhere, less what
 * .gardenerignore names. No link is followed out of the root, and no program that the repository's config names is run.
 * Every file seen is either in `files` or in `outcomes` with its reason; ignored files are not seen.
 * @throws GardenerError `codebase.path-missing`, `codebase.not-a-directory`, `codebase.unreadable`, `codebase.empty`,
 * `codebase.no-known-language`.
 */
export async function walkCodebase(root: string, options: WalkOptions = {}): Promise<WalkResult> {
  const realRoot = await checkRoot(root);
  const maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES;
  const listing = await listCodebase(realRoot, options.signal);
  const files: WalkedFile[] = [];
  const outcomes: FileOutcome[] = [];
  const judge = new FileJudge(
    realRoot,
    maxFileBytes,
    listing.entries.map(({ path }) => path),
  );
  for (let start = 0; start < listing.entries.length; start += STAT_AT_ONCE) {
    await nextTurn();
    options.signal?.throwIfAborted();
    for (const entry of listing.entries.slice(start, start + STAT_AT_ONCE)) {
      const judged = judge.judge(entry);
      if (judged === null) continue;
      if ('outcome' in judged) outcomes.push(judged);
      else files.push(judged);
    }
  }
  if (files.length === 0) throw nothingToRead(root, outcomes);
  files.sort(byPath);
  outcomes.sort(byPath);
  return { files, outcomes, commit: listing.commit, listedBy: listing.listedBy };
}

/** Order by code unit: the same on every machine, unlike localeCompare. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/**
 * Decides about one file at a time from its path and its metadata. Synchronously: a stat through the thread pool costs
 * ten times the stat itself, and a walk is made before every update; between batches the event loop has its turn.
 */
class FileJudge {
  private readonly folders = new Map<string, boolean>([['', true]]);
  /** Files that are read under their own names, or already under a link's. */
  private readonly taken: Set<string>;
  private readonly vendored: VendoredFolders;

  constructor(
    private readonly root: string,
    private readonly maxFileBytes: number,
    paths: readonly string[],
  ) {
    this.taken = new Set(paths);
    this.vendored = new VendoredFolders(paths);
  }

  /** The file, or why it is left out, or null when there is no such file any more. */
  judge(entry: Entry): WalkedFile | FileOutcome | null {
    if (entry.reason !== null) return { path: entry.path, ...entry.reason };
    const { path } = entry;
    const skip = (reason: string): FileOutcome => ({ path, outcome: 'skipped', reason });
    if (!this.isInside(folderOf(path))) return skip('symlink');
    let absolutePath = join(this.root, path);
    let stats = entry.stats ?? statsOf(absolutePath);
    let reason = this.reasonOf(path);
    if (stats === 'unreadable') return { path, outcome: 'failed', reason: 'unreadable' };
    // git also lists files that were deleted since, or are left out by a sparse checkout:
    // they are not part of the tree.
    if (stats === undefined) return null;
    if (stats.isSymbolicLink()) {
      // One to a file of this folder that is not listed itself is that file, under the link's name.
      const target = linkedFile(this.root, path);
      if (target === null || this.taken.has(target.path)) return skip('symlink');
      ({ absolutePath } = target);
      stats = statsOf(absolutePath);
      if (stats === undefined || stats === 'unreadable') return skip('symlink');
      reason ??= this.reasonOf(target.path);
      this.taken.add(target.path);
    }
    if (!stats.isFile()) return skip('not-a-file');
    if (reason !== null && !(entry.isWanted && reason !== 'secret')) return skip(reason);
    const language = languageOfPath(path) ?? languageOfScript(path, absolutePath, stats.size);
    if (language === null) return skip('unknown-language');
    if (stats.size === 0) return skip('empty');
    if (stats.size > this.maxFileBytes) return skip('too-large');
    const { size: bytes, mtimeMs: modifiedMs, ctimeMs: changedMs } = stats;
    return { path, absolutePath, language: language.id, bytes, modifiedMs, changedMs };
  }

  private reasonOf(path: string): PathReason | null {
    return reasonByPath(path) ?? (this.vendored.holds(path) ? 'vendored' : null);
  }

  // A folder of the path may have become a link out of the root since git indexed it.
  private isInside(folder: string): boolean {
    let known = this.folders.get(folder);
    if (known === undefined) {
      const stats = statsOf(join(this.root, folder));
      const isLink = stats !== undefined && stats !== 'unreadable' && stats.isSymbolicLink();
      known = !isLink && this.isInside(folderOf(folder));
      this.folders.set(folder, known);
    }
    return known;
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Undefined where there is nothing. */
function statsOf(path: string): Stats | 'unreadable' | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? undefined : 'unreadable';
  }
}

/** A file without an ending may be a script: its first line says in which language. */
function languageOfScript(path: string, absolutePath: string, bytes: number): Language | null {
  if (bytes === 0 || /\.[^/]*$/.test(path.slice(path.lastIndexOf('/') + 1))) return null;
  try {
    // Not through a link and not waiting for a writer: the file may have been replaced since it was looked at.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const file = openSync(absolutePath, flags);
    try {
      const buffer = Buffer.alloc(256);
      const bytesRead = readSync(file, buffer, 0, buffer.length, 0);
      return languageOfFirstLine(buffer.subarray(0, bytesRead).toString('latin1').split('\n')[0] ?? '');
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function nothingToRead(root: string, outcomes: FileOutcome[]): GardenerError {
  const details = { path: root, files: outcomes.length };
  if (outcomes.length === 0) {
    return new GardenerError(
      'codebase.empty',
      `There are no files in ${root} (ignored files do not count).`,
      {
        remedy: 'add a folder with code, or see whether .gitignore or .gardenerignore leaves everything out',
        details,
      },
    );
  }
  const counts = new Map<string, number>();
  for (const { reason } of outcomes) counts.set(reason ?? '', (counts.get(reason ?? '') ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${reason}: ${count}`).join(', ');
  const message = `No file in ${root} can be read as code; all ${outcomes.length} were left out (${reasons}).`;
  return new GardenerError('codebase.no-known-language', message, {
    remedy: `add a folder with ${LANGUAGES.map((language) => language.name).join(', ')} files`,
    details: { ...details, reasons: Object.fromEntries(counts) },
  });
}
