import { type FSWatcher, lstatSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GARDENER_IGNORE, readIgnoreFile } from './gardener-ignore.js';
import { IgnoreRules } from './ignore-rules.js';
import { prunedFolder } from './path-rules.js';

/** Something happened below the root. It is a hint only: what has changed is found by a walk. */
export interface ChangeHint {
  /** True when names came or went: there may be new folders to watch. */
  isRename: boolean;
}

const MAX_FOLDER_DEPTH = 512;
const FOLDERS_AT_ONCE = 256;
/** Of what git writes into its own folder, these tell of a commit or a checkout. */
const GIT_FILES = new Set(['HEAD', 'index']);

/**
 * Watches the folders of a codebase that a walk would enter, and no others: not what is ignored, not installed
 * packages. One watch a folder on Linux; one for all on macOS and Windows, whose systems report a whole tree.
 */
export class FolderWatches {
  readonly #root: string;
  readonly #onHint: (hint: ChangeHint) => void;
  readonly #isRecursive: boolean;
  /** Absolute; what happens in it is of no interest. */
  readonly #except: string | null;
  readonly #watches = new Map<string, FSWatcher>();
  #git = new Set<string>();
  /** True when the system refused a watch (its limit is reached, a network disk): changes may then be missed. */
  isPartial = false;

  constructor(
    root: string,
    onHint: (hint: ChangeHint) => void,
    options: { isRecursive?: boolean; except?: string } = {},
  ) {
    this.#root = root;
    this.#onHint = onHint;
    this.#except = options.except ?? null;
    this.#isRecursive = options.isRecursive ?? process.platform !== 'linux';
  }

  /** Whether one of these folders is not watched. */
  lacks(folders: Iterable<string>): boolean {
    return !this.#isRecursive && [...folders].some((folder) => !this.#watches.has(folder));
  }

  /** How many watches are open. */
  get size(): number {
    return this.#watches.size;
  }

  /**
   * Watches what is there now. A folder is watched before it is read, so nothing that appears in it later is missed.
   * @param folders absolute; watched too, whatever the ignore rules say: tracked files may lie in ignored folders
   */
  async sync(folders: Iterable<string> = []): Promise<void> {
    this.isPartial = false;
    this.#git = new Set(this.#gitFolders());
    const wanted = new Set(this.#git);
    if (this.#isRecursive) wanted.add(this.#root);
    else {
      for (const folder of folders) wanted.add(folder);
      for (const folder of wanted) this.#add(folder);
      await this.#enter(wanted);
    }
    for (const folder of wanted) this.#add(folder);
    for (const [folder, watcher] of this.#watches) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watches.delete(folder);
    }
  }

  close(): void {
    for (const watcher of this.#watches.values()) watcher.close();
    this.#watches.clear();
  }

  async #enter(wanted: Set<string>): Promise<void> {
    const queue = [{ path: '', depth: 0, git: IgnoreRules.none, gardener: IgnoreRules.none }];
    // The loop also meets the folders that it adds to the queue.
    for (const [place, { path, depth, ...rules }] of queue.entries()) {
      if (place % FOLDERS_AT_ONCE === 0) await nextTurn();
      const folder = join(this.#root, path);
      wanted.add(folder);
      this.#add(folder);
      const git = extended(rules.git, path, join(folder, '.gitignore'));
      const gardener = extended(rules.gardener, path, join(folder, GARDENER_IGNORE));
      for (const name of foldersIn(folder)) {
        const inner = path === '' ? name : `${path}/${name}`;
        const isIgnored = git.ignores(`${inner}/`) || gardener.ignores(`${inner}/`);
        if (join(folder, name) === this.#except) continue;
        if (!isIgnored && prunedFolder(name) === null && depth < MAX_FOLDER_DEPTH)
          queue.push({ path: inner, depth: depth + 1, git, gardener });
      }
    }
  }

  #add(folder: string): void {
    if (this.#watches.has(folder)) return;
    try {
      const isGit = this.#git.has(folder);
      const options = { persistent: true, recursive: this.#isRecursive && folder === this.#root };
      const watcher = watch(folder, options, (event, name) => {
        if (isGit ? GIT_FILES.has(name ?? '') : this.#isOfInterest(name))
          this.#onHint({ isRename: event === 'rename' });
      });
      // The folder is gone: its parent tells.
      watcher.on('error', () => this.#drop(folder, watcher));
      this.#watches.set(folder, watcher);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES') this.isPartial = true;
    }
  }

  /** With one watch for the whole tree the system also tells of what a walk would not enter. */
  #isOfInterest(name: string | null): boolean {
    if (name === null || !this.#isRecursive) return true;
    if (this.#except !== null && join(this.#root, name, '/').startsWith(join(this.#except, '/')))
      return false;
    const folders = name.split(/[\\/]/);
    const [top, file = ''] = folders;
    if (top === '.git') return folders.length === 2 && GIT_FILES.has(file);
    return !folders.slice(0, -1).some((folder) => prunedFolder(folder) !== null);
  }

  #drop(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watches.get(folder) === watcher) this.#watches.delete(folder);
  }

  /**
   * The repository's own folder and that of its log, also where `.git` is a file that names it (worktrees, submodules).
   */
  #gitFolders(): string[] {
    const entry = join(this.#root, '.git');
    try {
      const stats = lstatSync(entry, { throwIfNoEntry: false });
      if (stats?.isDirectory()) return [entry, join(entry, 'logs')];
      if (!stats?.isFile() || stats.size > 4_096) return [];
      const target = /^gitdir: (.+)$/m.exec(readFileSync(entry, 'utf8'))?.[1];
      if (target === undefined) return [];
      const folder = resolve(this.#root, target);
      return [folder, join(folder, 'logs')];
    } catch {
      return [];
    }
  }
}

function extended(rules: IgnoreRules, folder: string, file: string): IgnoreRules {
  const text = readIgnoreFile(file);
  return text === null ? rules : rules.with(folder, text);
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
