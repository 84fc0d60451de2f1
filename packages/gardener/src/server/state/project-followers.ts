import { LRUCache } from 'lru-cache';
import type { Use } from '../../chat/open/counted-uses.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { readingSettings } from '../../garden/settings/follow-settings.js';
import type { Embedder } from '../../retrieval/embedding/embedder.js';
import { followCodebase } from '../../retrieval/index/follow-codebase.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { readManifest } from '../../retrieval/store/manifest.js';

/** Projects whose edits are followed at once; the one used longest ago makes room. */
const MAX_FOLLOWED = 4;

interface Following {
  project: ProjectRecord;
  stop: AbortController;
  ended: Promise<void>;
}

/** Options of {@link ProjectFollowers}. */
export interface FollowerOptions {
  useEmbedder: () => Promise<Use<Embedder>>;
  /** The index has been brought up to date. */
  onUpdate: (projectId: string) => void;
  onError: (error: unknown) => void;
}

/** Keeps the indexes of the projects that are in use equal to their codebases. */
export class ProjectFollowers {
  readonly #garden: Garden;
  readonly #options: FollowerOptions;
  /** By project id. */
  readonly #following = new LRUCache<string, Following>({
    max: MAX_FOLLOWED,
    dispose: ({ stop }) => stop.abort(),
  });

  constructor(garden: Garden, options: FollowerOptions) {
    this.#garden = garden;
    this.#options = options;
  }

  isFollowing(projectId: string): boolean {
    return this.#following.has(projectId);
  }

  /** Follows a project from now on, when it has an index; cheap when it does already. */
  use(project: ProjectRecord): void {
    // Asking for it makes it the one used last.
    if (this.#following.get(project.id) !== undefined) return;
    const stop = new AbortController();
    const ended = this.#follow(project, stop.signal)
      .catch(this.#options.onError)
      .finally(() => {
        if (this.#following.peek(project.id)?.stop === stop) this.#following.delete(project.id);
      });
    this.#following.set(project.id, { project, stop, ended });
  }

  /** Stops following a project; returns when nothing of it is written any more. */
  async forget(projectId: string): Promise<void> {
    const present = this.#following.peek(projectId);
    this.#following.delete(projectId);
    await present?.ended;
  }

  /** Begins anew with everything that is followed: the settings have changed. */
  async restart(): Promise<void> {
    const projects = [...this.#following.values()].map(({ project }) => project);
    await Promise.all(projects.map(({ id }) => this.forget(id)));
    for (const project of projects) this.use(project);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#following.keys()].map((id) => this.forget(id)));
  }

  async #follow(project: ProjectRecord, signal: AbortSignal): Promise<void> {
    const { paths, settings } = this.#garden;
    // The first index is the work of a run, with its progress and its errors.
    if ((await readManifest(paths.index(project.id)))?.complete !== true) return;
    const index = new ProjectIndex(paths, project.id, settings);
    const { value: embedder, release } = await this.#options.useEmbedder();
    try {
      await followCodebase(project.path, {
        ...{ index, embedder, signal, except: paths.root },
        reading: () => readingSettings(this.#garden),
        onEvent: (event) => {
          if (event.type === 'update-end' && event.changed > 0) this.#options.onUpdate(project.id);
          if (event.type === 'update-failed') this.#options.onError(event.error);
        },
      });
    } finally {
      release();
      index.close();
    }
  }
}
