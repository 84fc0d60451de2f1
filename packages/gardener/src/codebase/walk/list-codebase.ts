import { type Dirent, lstatSync, type Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileOutcome } from './file-outcome.js';
import { GARDENER_IGNORE, gardenerRules, readIgnoreFile } from './gardener-ignore.js';
import { type GitListing, headCommit, listIgnoredByGit, listWithGit } from './git-list.js';
import { IgnoreRules } from './ignore-rules.js';
import { prunedFolder } from './path-rules.js';
import { isBesideManifest } from './vendored-folders.js';

/** A path that is part of the codebase, or one that is left out already, with the reason. */
export interface Entry {
  /** Relative to the root, forward slashes. */
  path: string;
  reason: Pick<FileOutcome, 'outcome' | 'reason'> | null;
  /**
   * Named by a `!` line of a .gardenerignore: taken in spite of git's rules and of what its name or folder suggests.
   */
  isWanted?: boolean;
  /** Its metadata, where the walk has read it already. */
  stats?: Stats;
}

export interface Listing {
  entries: Entry[];
  commit: string | null;
  listedBy: 'git' | 'ignore-files';
}

// Depth of submodules within submodules, and of folders: a deeper tree was made to exhaust its reader.
const MAX_SUBMODULE_DEPTH = 8;
const MAX_FOLDER_DEPTH = 512;

/** Lists what is not ignored below `root`, which must be a real path. Nothing listed has been looked at yet. */
export async function listCodebase(root: string, signal?: AbortSignal): Promise<Listing> {
  const git = await listWithGit(root, signal);
  if (git !== null) {
    const entries = await fromGit(root, '', git, 0, signal);
    // A root that an outer repository ignores as a whole is no part of that repository.
    if (entries.length > 0 || hasGitEntry(root)) {
      return {
        entries: await withGardenerRules(root, '', entries, signal),
        commit: git.commit,
        listedBy: 'git',
      };
    }
  }
  const entries = await new FolderWalk(root, signal).list();
  const commit = hasGitEntry(root) ? await headCommit(root) : null;
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
  for (const entry of [...entries.values()]) {
    const { path, reason } = entry;
    if (reason !== null) continue;
    const stats = statsOf(join(root, path));
    if (stats !== undefined) entry.stats = stats;
    if (stats?.isDirectory() !== true) continue;
    entries.delete(path);
    const submodule = join(root, path);
    if (depth >= MAX_SUBMODULE_DEPTH || !hasGitEntry(submodule)) continue;
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

/** Applies .gardenerignore files: git does not know them, and its list holds tracked files whatever they say. */
async function withGardenerRules(
  root: string,
  folder: string,
  entries: Entry[],
  signal?: AbortSignal,
): Promise<Entry[]> {
  const rules = gardenerRules(
    root,
    entries.map(({ path }) => path),
  );
  if (rules === IgnoreRules.none) return entries;
  const kept = entries.filter(({ path }) => !rules.ignores(path));
  if (!rules.hasNegation) return kept;
  for (const entry of kept) if (rules.wants(entry.path)) entry.isWanted = true;
  const ignored = await listIgnoredByGit(join(root, folder), signal);
  for (const raw of ignored) {
    const path = folder + raw.toString('utf8');
    if (isPlainRelative(path) && !path.endsWith('/') && rules.wants(path))
      kept.push({ path, reason: null, isWanted: true });
  }
  return kept;
}

interface Folder {
  /** Relative to the root; '' is the root. */
  path: string;
  depth: number;
  /**
   * The folder is ignored by git's rules, or skipped for its name: only files that a `!` line of a
   * .gardenerignore names are taken.
   */
  isIgnored: boolean;
}

/** The walk outside git: folder by folder, .gitignore and .gardenerignore files as git would read them. */
class FolderWalk {
  private readonly entries: Entry[] = [];

  constructor(
    private readonly root: string,
    private readonly signal?: AbortSignal,
  ) {}

  async list(): Promise<Entry[]> {
    // Of a repository that git itself cannot list.
    const excluded = readIgnoreFile(join(this.root, '.git', 'info', 'exclude'));
    const git = excluded === null ? IgnoreRules.none : IgnoreRules.none.with('', excluded);
    await this.enter({ path: '', depth: 0, isIgnored: false }, git, IgnoreRules.none);
    return this.entries;
  }

  private async enter(folder: Folder, git: IgnoreRules, gardener: IgnoreRules): Promise<void> {
    this.signal?.throwIfAborted();
    const prefix = folder.path === '' ? '' : `${folder.path}/`;
    let children: Dirent[];
    try {
      children = await readdir(join(this.root, folder.path), { withFileTypes: true });
    } catch {
      this.add(prefix, 'failed', 'unreadable');
      return;
    }
    if (folder.path !== '' && children.some(({ name }) => name === '.git')) {
      if (await this.takeRepository(folder.path)) return;
    }
    const gitRules = this.extend(git, folder.path, children, '.gitignore');
    const gardenerRules = this.extend(gardener, folder.path, children, GARDENER_IGNORE);
    const names = new Set(children.map(({ name }) => prefix + name));
    for (const child of children) {
      const path = prefix + child.name;
      const asRule = child.isDirectory() ? `${path}/` : path;
      if (gardenerRules.ignores(asRule)) continue;
      const isIgnored = folder.isIgnored || gitRules.ignores(asRule);
      if (child.isDirectory()) {
        const inner = { path, depth: folder.depth + 1, isIgnored };
        const pruned =
          prunedFolder(child.name) ??
          (isBesideManifest(path, (beside) => names.has(beside)) ? 'vendored' : null);
        await this.visitFolder(inner, pruned, gitRules, gardenerRules);
      } else {
        const isWanted = gardenerRules.wants(path);
        if (isIgnored && !isWanted) continue;
        if (child.name.includes('\uFFFD')) this.add(path, 'failed', 'encoding');
        else this.entries.push({ path, reason: null, ...(isWanted ? { isWanted } : {}) });
      }
    }
  }

  private async visitFolder(
    folder: Folder,
    pruned: ReturnType<typeof prunedFolder>,
    git: IgnoreRules,
    gardener: IgnoreRules,
  ): Promise<void> {
    if (pruned === 'ignored') return;
    const isIgnored = folder.isIgnored || pruned !== null;
    if (pruned !== null && !folder.isIgnored) this.add(`${folder.path}/`, 'skipped', pruned);
    // Something in it may be wanted all the same.
    if (isIgnored && !gardener.hasNegation) return;
    if (folder.depth > MAX_FOLDER_DEPTH) this.add(`${folder.path}/`, 'failed', 'too-deep');
    else await this.enter({ ...folder, isIgnored }, git, gardener);
  }

  /** A folder of checkouts: each is listed by its own git. */
  private async takeRepository(path: string): Promise<boolean> {
    const listing = await listWithGit(join(this.root, path), this.signal);
    if (listing === null) return false;
    const entries = await fromGit(this.root, `${path}/`, listing, 0, this.signal);
    // One at a time: a hundred thousand entries are more than `push(...)` takes as arguments.
    for (const entry of await withGardenerRules(this.root, `${path}/`, entries, this.signal))
      this.entries.push(entry);
    return true;
  }

  private extend(rules: IgnoreRules, folder: string, children: Dirent[], name: string): IgnoreRules {
    if (!children.some((child) => child.name === name && child.isFile())) return rules;
    const text = readIgnoreFile(join(this.root, folder, name));
    return text === null ? rules : rules.with(folder, text);
  }

  private add(path: string, outcome: FileOutcome['outcome'], reason: string): void {
    this.entries.push({ path: path === '' ? './' : path, reason: { outcome, reason } });
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function hasGitEntry(folder: string): boolean {
  try {
    return lstatSync(join(folder, '.git'), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
