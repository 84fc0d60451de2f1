import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { isThere } from '../../garden/files/file-version.js';

/** One codebase that a list names. */
export interface FleetEntry {
  /** Absolute; nobody has looked yet whether it is there. */
  path: string;
  /** What it is to be called; null for its folder's name. */
  name: string | null;
  /** Line of the list; null where a folder was given. */
  line: number | null;
}

/** A list of five thousand long paths is far below it. */
const MAX_LIST_BYTES = 1 << 20;
/** Characters; the longest path that systems take has 4,096. */
const MAX_LINE = 5_000;
/** Entries of a list, and folders in a folder. */
const MAX_ENTRIES = 5_000;
/** Folders that are no codebase of their own. */
const PASSED_OVER = new Set(['node_modules']);

/**
 * The codebases that a list names: a file with one path a line, or a folder whose sub-folders are meant.
 *
 * A line is a path, absolute or from the list's own folder, and perhaps `as` and a name. `~/` is the home directory; a
 * path in double quotes is taken as it is. What follows a `#` at the start of a line or after a space is a comment.
 * @throws GardenerError `garden.fleet-missing`, `garden.fleet-unreadable`, `garden.fleet-empty`,
 * `garden.fleet-is-codebase` for a folder that is a repository itself
 */
export async function readFleetList(source: string): Promise<FleetEntry[]> {
  const facts = await stat(source).catch((error: unknown) => {
    throw cannotRead(source, error);
  });
  const entries = facts.isDirectory() ? await foldersIn(resolve(source)) : await linesOf(source, facts);
  if (entries.length === 0) throw nothingNamed(source, facts.isDirectory());
  if (entries.length > MAX_ENTRIES)
    throw unreadable(source, `it names more than ${MAX_ENTRIES.toLocaleString('en')} codebases`);
  return entries;
}

async function foldersIn(folder: string): Promise<FleetEntry[]> {
  if (await isThere(join(folder, '.git'))) {
    throw new GardenerError('garden.fleet-is-codebase', `${folder} is a repository itself.`, {
      remedy: `Add it with gardener add ${JSON.stringify(folder)}; to add parts of it, list their paths in a file.`,
      details: { path: folder },
    });
  }
  const names = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw cannotRead(folder, error);
  });
  const folders: FleetEntry[] = [];
  for (const entry of names) {
    if (entry.name.startsWith('.') || PASSED_OVER.has(entry.name)) continue;
    const path = join(folder, entry.name);
    const isFolder =
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await stat(path).catch(() => null))?.isDirectory() === true);
    if (isFolder) folders.push({ path, name: null, line: null });
  }
  return folders.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function linesOf(file: string, facts: Pick<Stats, 'size' | 'isFile'>): Promise<FleetEntry[]> {
  if (!facts.isFile()) throw unreadable(file, 'it is neither a file nor a folder');
  if (facts.size > MAX_LIST_BYTES) throw unreadable(file, 'it is larger than 1 MiB');
  const bytes = await readFile(file).catch((error: unknown) => {
    throw cannotRead(file, error);
  });
  if (bytes.includes(0)) throw unreadable(file, 'it is no text');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const folder = dirname(resolve(file));
  const lines = text.split(/\r\n|\r|\n/);
  const long = lines.findIndex((line) => line.length > MAX_LINE);
  if (long >= 0) throw unreadable(file, `line ${long + 1} is longer than any path`);
  return lines
    .map((line, index) => parseLine(line.trim(), folder, index + 1))
    .filter((entry) => entry !== null);
}

/** `../billing as invoices   # since May` */
function parseLine(line: string, folder: string, number: number): FleetEntry | null {
  const text = line.replace(/(?:^|\s)#.*$/, '').trim();
  if (text === '') return null;
  const named = /^("[^"]+"|.+?)\sas\s(.+)$/.exec(text);
  const written = (named?.[1] ?? text).trim();
  const path = /^"([^"]+)"$/.exec(written)?.[1] ?? written.replace(/^~(?=$|[/\\])/, homedir);
  return { path: resolve(folder, path), name: named?.[2]?.trim() ?? null, line: number };
}

function cannotRead(source: string, error: unknown): GardenerError {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new GardenerError('garden.fleet-missing', `There is nothing at ${source || 'an empty path'}.`, {
      remedy: 'Give a file that lists codebases, one path a line, or a folder that holds them.',
      cause: error,
    });
  }
  return unreadable(source, code ?? String(error), error);
}

function unreadable(source: string, why: string, cause?: unknown): GardenerError {
  return new GardenerError(
    'garden.fleet-unreadable',
    `${source} cannot be read as a list of codebases: ${why}.`,
    { remedy: 'Give a text file with one path a line, or a folder that holds the codebases.', cause },
  );
}

function nothingNamed(source: string, isFolder: boolean): GardenerError {
  const sentence = isFolder ? `${source} holds no folders.` : `${source} names no codebase.`;
  return new GardenerError('garden.fleet-empty', sentence, {
    remedy: 'Write one path a line, such as ~/code/shop; a line that begins with # is a comment.',
  });
}
