import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FolderWatches } from '../../codebase/walk/folder-watches.js';
import type { WalkedFile } from '../../codebase/walk/walk.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Embedder } from '../embedding/embedder.js';
import type { IndexManifest } from '../store/manifest.js';
import type { ProjectIndex } from './project-index.js';
import { type RefreshOptions, refreshIndex } from './refresh-index.js';
import { warmUp } from './warm-up.js';

/** What happens while a codebase is followed. */
export type FollowEvent =
  | { type: 'update-start' }
  /** The index is as the codebase was; `changed` files were written or taken out, `embedded` texts were new. */
  | { type: 'update-end'; manifest: IndexManifest; changed: number; embedded: number; durationMs: number }
  /** The index is as it was before; it is tried again at the next change, at the latest after a while. */
  | { type: 'update-failed'; error: GardenerError }
  /** The folder is not where it was. The index stays, and following goes on when it is back. */
  | { type: 'away'; error: GardenerError }
  | { type: 'back' };

/** Options of {@link followCodebase}. */
export interface FollowOptions {
  index: ProjectIndex;
  embedder: Embedder;
  /** Ends the following; an update that is under way is left consistent. */
  signal: AbortSignal;
  onEvent: (event: FollowEvent) => void;
  /** Asked before each update; the settings of these names. Defaults to their defaults. */
  reading?: () => Promise<Pick<RefreshOptions, 'maxFileBytes' | 'allowedSecrets'>>;
  /** A folder that is not watched: the data directory, which every update writes to, may lie in the codebase. */
  except?: string;
  /** An update begins when nothing has happened for this long. Default 100. */
  quietMs?: number;
  /** It begins after this long even if something happens all the time. Default 3,000. */
  longestWaitMs?: number;
  /** Without any sign of a change the codebase is looked at this often. Default 5 minutes. */
  pollMs?: number;
  /** How often it is looked at where the system cannot watch all of it, and after a failure. Default 10 s. */
  retryMs?: number;
  /** How often a folder that is away is looked for. Default 1 s. */
  awayMs?: number;
}

/**
 * Keeps an index equal to the codebase at `root` until the signal is aborted: one update at the beginning, then one
 * after each burst of changes, however many files a checkout touches.
 * @throws GardenerError `garden.unknown-project` when the project has been removed: there is nothing to keep any more
 */
export async function followCodebase(root: string, options: FollowOptions): Promise<void> {
  await new Following(root, options).run();
}

class Following {
  readonly #root: string;
  readonly #options: FollowOptions;
  readonly #watches: FolderWatches;
  #hasHint = false;
  #hasRename = true;
  /** Folders of files that are indexed. */
  #tracked = new Set<string>();
  #isVerified = false;
  #lastHintAt = 0;
  #wake: () => void = () => undefined;

  constructor(root: string, options: FollowOptions) {
    this.#root = root;
    this.#options = options;
    const onHint = ({ isRename }: { isRename: boolean }) => {
      this.#hasHint = true;
      this.#hasRename ||= isRename;
      this.#lastHintAt = performance.now();
      this.#wake();
    };
    this.#watches = new FolderWatches(root, onHint, options.except ? { except: options.except } : {});
  }

  async run(): Promise<void> {
    const { signal, retryMs = 10_000, pollMs = 300_000 } = this.#options;
    const stop = () => this.#wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        const went = await this.#update();
        if (signal.aborted) return;
        if (went === 'away') await this.#untilBack();
        else await this.#untilChanged(went === 'failed' || this.#watches.isPartial ? retryMs : pollMs);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#watches.close();
    }
  }

  async #update(): Promise<'done' | 'failed' | 'away'> {
    const { index, embedder, signal, onEvent, reading } = this.#options;
    const before = performance.now();
    this.#hasHint = false;
    onEvent({ type: 'update-start' });
    try {
      if (this.#hasRename) {
        this.#hasRename = false;
        await this.#watches.sync(this.#tracked);
      }
      let changed = 0;
      let embedded = 0;
      let tracked = new Set<string>();
      let files: readonly WalkedFile[] = [];
      const manifest = await refreshIndex(index, this.#root, embedder, {
        signal,
        verify: !this.#isVerified,
        ...(await reading?.()),
        onWalk: (walk) => {
          files = walk.files;
          tracked = new Set(files.map((file) => dirname(file.absolutePath)));
        },
        onProgress: (progress) => {
          changed = progress.changed;
          embedded = progress.embedded;
        },
      });
      await this.#watchTracked(tracked);
      if (!this.#isVerified) void warmUp(files, embedder, signal);
      this.#isVerified = true;
      onEvent({ type: 'update-end', manifest, changed, embedded, durationMs: performance.now() - before });
      return 'done';
    } catch (error) {
      if (signal.aborted) return 'failed';
      return this.#report(error);
    }
  }

  #report(error: unknown): 'failed' | 'away' {
    const { onEvent } = this.#options;
    const known = GardenerError.isInstance(error) ? error : unexpected(error);
    if (known.code === 'garden.unknown-project') throw known;
    if (known.code === 'codebase.path-missing' || known.code === 'codebase.not-a-directory') {
      onEvent({ type: 'away', error: known });
      return 'away';
    }
    onEvent({ type: 'update-failed', error: known });
    return 'failed';
  }

  /** Tracked files may lie in folders that the ignore rules would pass over. */
  async #watchTracked(folders: Set<string>): Promise<void> {
    this.#tracked = folders;
    if (this.#watches.lacks(folders)) await this.#watches.sync(folders);
  }

  /** Waits for a change and for the end of the burst that it belongs to; at most `limitMs` when nothing happens. */
  async #untilChanged(limitMs: number): Promise<void> {
    const { quietMs = 100, longestWaitMs = 3_000 } = this.#options;
    if (!this.#hasHint) await this.#sleep(limitMs);
    const deadline = performance.now() + longestWaitMs;
    while (this.#hasHint && !this.#options.signal.aborted) {
      const now = performance.now();
      const until = Math.min(this.#lastHintAt + quietMs, deadline);
      if (until <= now) return;
      await this.#sleep(until - now);
    }
  }

  async #untilBack(): Promise<void> {
    const { signal, onEvent, awayMs = 1_000 } = this.#options;
    this.#watches.close();
    this.#hasRename = true;
    const { checkRoot } = await import('../../codebase/walk/check-root.js');
    while (!signal.aborted) {
      await delay(awayMs, undefined, { signal }).catch(() => undefined);
      const isThere = await checkRoot(this.#root).then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      onEvent({ type: 'back' });
      return;
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
      if (this.#options.signal.aborted) this.#wake();
    });
  }
}

function unexpected(cause: unknown): GardenerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GardenerError(
    'retrieval.update-failed',
    `The index could not be brought up to date: ${reason}`,
    {
      remedy: 'It is tried again by itself; if it fails again, run `gardener doctor`.',
      retryable: true,
      cause,
    },
  );
}
