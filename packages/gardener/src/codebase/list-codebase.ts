import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import type { FileOutcome } from './chunk-types.js';
import { type GitListing, headCommit, listWithGit } from './git-list.js';
import { IgnoreRules } from './ignore-rules.js';
import { prunedFolder } from './path-rules.js';

/** A path that is part of the codebase, or one that is left out already, with the reason. */
export interface Entry {
  /** Relative to the root, forward slashes. */
  path: string;
  reason: Pick<FileOutcome, 'outcome' | 'reason'> | null;
}

export interface Listing {
  entries: Entry[];
  commit: string | null;
  listedBy: 'git' | 'ignore-files';
}

const GARDENER_IGNORE = '.gardenerignore';
const MAX_IGNORE_FILE_BYTES = 2 ** 20;
// Submodules in submodules, and folders: deeper trees are made to exhaust something.
const MAX_SUBMODULE_DEPTH = 8;
const MAX_FOLDER_DEPTH = 512;

/** Lists what is not ignored below `root`, which must be a real path. Nothing listed has been looked at yet. */
export async function listCodebase(root: string, signal?: AbortSignal): Promise<Listing> {
  const git = await listWithGit(root, signal);
  if (git !== null) {
    const entries = await fromGit(root, '', git, 0, signal);
    // A root that an outer repository ignores as a whole is no part of that repository.
    if (entries.length > 0 || (await hasGitEntry(root))) {
      return { entries: await withoutGardenerIgnored(root, entries), commit: git.commit, listedBy: 'git' };
    }
  }
  const entries = await new FolderWalk(root, signal).list();
  const commit = (await hasGitEntry(root)) ? await headCommit(root) : null;
  return { entries, commit, listedBy: 'ignore-files' };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Git's raw list as entries: names decoded, duplicates of a merge conflict folded, submodules listed in their turn. */
async function fromGit(
  root: string,
  folder: string,
  git: GitListing,
  depth: number,
  signal?: AbortSignal,
): Promise<Entry[]> {
  const entries = new Map<string, Entry>();
  for (const raw of git.paths) {
    const path = folder + raw.toString('utf8');
    if (!isPlainRelative(path)) continue;
    if (path.endsWith('/')) {
      entries.set(path, { path, reason: { outcome: 'skipped', reason: 'nested-repository' } });
    } else if (!isDecodable(raw)) {
      entries.set(path, { path, reason: { outcome: 'failed', reason: 'encoding' } });
    } else {
      entries.set(path, { path, reason: null });
    }
  }
  for (const { path, reason } of [...entries.values()]) {
    if (reason !== null || !(await isFolder(join(root, path)))) continue;
    entries.delete(path);
    const submodule = join(root, path);
    if (depth >= MAX_SUBMODULE_DEPTH || !(await hasGitEntry(submodule))) continue;
    const inner = await listWithGit(submodule, signal);
    if (inner === null) continue;
    for (const entry of await fromGit(root, `${path}/`, inner, depth + 1, signal))
      entries.set(entry.path, entry);
  }
  return [...entries.values()];
}

function isDecodable(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isPlainRelative(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}

/** Leaves out what .gardenerignore files name: git does not know them, and its list holds tracked files whatever they say. */
async function withoutGardenerIgnored(root: string, entries: Entry[]): Promise<Entry[]> {
  const folders = new Set<string>(['']);
  for (const { path } of entries) {
    for (let folder = dirname(path); folder !== '.' && !folders.has(folder); folder = dirname(folder))
      folders.add(folder);
  }
  let rules = IgnoreRules.none;
  // Sorted: a folder comes after the folders that hold it, so deeper rules come later.
  for (const folder of [...folders].sort()) {
    const text = await readIgnoreFile(join(root, folder, GARDENER_IGNORE));
    if (text !== null) rules = rules.with(folder, text);
  }
  return rules === IgnoreRules.none ? entries : entries.filter(({ path }) => !rules.ignores(path));
}

/** The walk outside git: folder by folder, .gitignore and .gardenerignore files as git would read them. */
class FolderWalk {
  private readonly entries: Entry[] = [];

  constructor(
    private readonly root: string,
    private readonly signal?: AbortSignal,
  ) {}

  async list(): Promise<Entry[]> {
    await this.enter('', 0, IgnoreRules.none, IgnoreRules.none);
    return this.entries;
  }

  private async enter(folder: string, depth: number, git: IgnoreRules, gardener: IgnoreRules): Promise<void> {
    this.signal?.throwIfAborted();
    const prefix = folder === '' ? '' : `${folder}/`;
    let children: Dirent[];
    try {
      children = await readdir(join(this.root, folder), { withFileTypes: true });
    } catch {
      this.add(prefix, 'failed', 'unreadable');
      return;
    }
    const gitRules = await this.extend(git, folder, children, '.gitignore');
    const gardenerRules = await this.extend(gardener, folder, children, GARDENER_IGNORE);
    for (const child of children) {
      const path = prefix + child.name;
      const asRule = child.isDirectory() ? `${path}/` : path;
      if (gitRules.ignores(asRule) || gardenerRules.ignores(asRule)) continue;
      if (child.isDirectory()) await this.visitFolder(path, child.name, depth + 1, gitRules, gardenerRules);
      else if (child.name.includes('\uFFFD')) this.add(path, 'failed', 'encoding');
      else this.entries.push({ path, reason: null });
    }
  }

  private async visitFolder(
    path: string,
    name: string,
    depth: number,
    git: IgnoreRules,
    gardener: IgnoreRules,
  ): Promise<void> {
    const pruned = prunedFolder(name);
    if (pruned === 'ignored') return;
    if (pruned !== null) this.add(`${path}/`, 'skipped', pruned);
    else if (depth > MAX_FOLDER_DEPTH) this.add(`${path}/`, 'failed', 'too-deep');
    else if (!(await this.takeRepository(path))) await this.enter(path, depth, git, gardener);
  }

  /** A folder of checkouts: each is listed by its own git. */
  private async takeRepository(path: string): Promise<boolean> {
    const folder = join(this.root, path);
    if (!(await hasGitEntry(folder))) return false;
    const listing = await listWithGit(folder, this.signal);
    if (listing === null) return false;
    const entries = await fromGit(this.root, `${path}/`, listing, 0, this.signal);
    this.entries.push(...(await withoutGardenerIgnored(this.root, entries)));
    return true;
  }

  private async extend(
    rules: IgnoreRules,
    folder: string,
    children: Dirent[],
    name: string,
  ): Promise<IgnoreRules> {
    if (!children.some((child) => child.name === name && child.isFile())) return rules;
    const text = await readIgnoreFile(join(this.root, folder, name));
    return text === null ? rules : rules.with(folder, text);
  }

  private add(path: string, outcome: FileOutcome['outcome'], reason: string): void {
    this.entries.push({ path: path === '' ? './' : path, reason: { outcome, reason } });
  }
}

async function readIgnoreFile(file: string): Promise<string | null> {
  try {
    const stats = await lstat(file);
    return stats.isFile() && stats.size <= MAX_IGNORE_FILE_BYTES ? await readFile(file, 'utf8') : null;
  } catch {
    return null;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function hasGitEntry(folder: string): Promise<boolean> {
  try {
    await lstat(join(folder, '.git'));
    return true;
  } catch {
    return false;
  }
}
