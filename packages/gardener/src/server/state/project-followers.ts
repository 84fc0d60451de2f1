import { LRUCache } from 'lru-cache';
import type { Use } from '../../chat/open/counted-uses.js';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord, TrainingStatus } from '../../garden/project-record.js';
import { latestRun } from '../../garden/runs/runs.js';
import { readingSettings } from '../../garden/settings/follow-settings.js';
import type { Embedder } from '../../retrieval/embedding/embedder.js';
import { type FollowEvent, followCodebase } from '../../retrieval/index/follow-codebase.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { readManifest } from '../../retrieval/store/manifest.js';

/** Projects whose edits are followed at once; the one used longest ago makes room. */
const MAX_FOLLOWED = 4;

/** What a run does when it has made its index; others cut it off since. */
const HAVE_INDEXED: ReadonlySet<TrainingStatus> = new Set(['training', 'evaluating']);

/** A project from the first look at whether it is to be followed to the end of the following. */
interface Following {
  project: ProjectRecord;
  stop: AbortController;
  ended: Promise<void>;
  isUpdating: boolean;
  /** It has made room for another one, and ends with the update that is under way. */
  isLeaving: boolean;
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
  /** By project id: all that has not ended. */
  readonly #present = new Map<string, Following>();
  /** Those of them that take the room of one that is followed. */
  readonly #followed = new LRUCache<string, Following>({
    max: MAX_FOLLOWED,
    dispose: (following, _id, reason) => {
      if (reason === 'evict') leave(following);
    },
  });

  constructor(garden: Garden, options: FollowerOptions) {
    this.#garden = garden;
    this.#options = options;
  }

  isFollowing(projectId: string): boolean {
    return this.#present.get(projectId)?.stop.signal.aborted === false;
  }

  /** Follows a project from now on, when it has an index; cheap when it does already. */
  use(project: ProjectRecord): void {
    const present = this.#present.get(project.id);
    if (present === undefined || present.stop.signal.aborted) this.#begin(project, present?.ended);
    else if (present.isLeaving) {
      present.isLeaving = false;
      this.#followed.set(project.id, present);
    }
    // Asking for it makes it the one used last.
    else this.#followed.get(project.id);
  }

  /** Stops following a project; returns when nothing of it is written any more. */
  async forget(projectId: string): Promise<void> {
    const present = this.#present.get(projectId);
    present?.stop.abort();
    this.#followed.delete(projectId);
    await present?.ended;
  }

  /** Begins anew with everything that is followed, the one used last at the end: the settings have changed. */
  async restart(): Promise<void> {
    const followed = [...this.#followed.values()].reverse().map(({ project }) => project);
    const leaving = [...this.#present.values()].filter(({ isLeaving }) => isLeaving);
    const ids = [...followed, ...leaving.map(({ project }) => project)].map(({ id }) => id);
    await Promise.all(ids.map((id) => this.forget(id)));
    for (const project of followed) this.use(project);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#present.keys()].map((id) => this.forget(id)));
  }

  /** @param before the end of an earlier following of the project, which has been told to stop */
  #begin(project: ProjectRecord, before: Promise<void> | undefined): void {
    const following: Following = {
      ...{ project, stop: new AbortController(), isUpdating: false, isLeaving: false },
      ended: Promise.resolve(),
    };
    const { id } = project;
    const end = () => {
      following.stop.abort();
      if (this.#present.get(id) === following) this.#present.delete(id);
      if (this.#followed.peek(id) === following) this.#followed.delete(id);
    };
    this.#present.set(id, following);
    following.ended = this.#run(following, before).catch(this.#options.onError).finally(end);
  }

  async #run(following: Following, before: Promise<void> | undefined): Promise<void> {
    const { project, stop } = following;
    await before;
    // Only what is followed takes the place of another.
    if (!(await this.#isToFollow(project)) || stop.signal.aborted) return;
    this.#followed.set(project.id, following);
    await this.#follow(following);
  }

  /**
   * The first index is the work of a run, with its progress and its errors. One that is not complete and that no run is
   * making was cut off, here or in a process that was killed: nobody else would take it up again.
   */
  async #isToFollow({ id }: ProjectRecord): Promise<boolean> {
    const { paths } = this.#garden;
    const manifest = await readManifest(paths.index(id));
    if (manifest === null || manifest.complete) return manifest !== null;
    const run = await latestRun(paths, id);
    return run === null || run.state.finished || HAVE_INDEXED.has(run.state.status);
  }

  async #follow(following: Following): Promise<void> {
    const { paths, settings } = this.#garden;
    const { project, stop } = following;
    const index = new ProjectIndex(paths, project.id, settings);
    const { value: embedder, release } = await this.#options.useEmbedder();
    try {
      await followCodebase(project.path, {
        ...{ index, embedder, signal: stop.signal, except: paths.root },
        reading: () => readingSettings(this.#garden),
        onEvent: (event) => this.#tell(following, event),
      });
    } finally {
      release();
      index.close();
    }
  }

  #tell(following: Following, event: FollowEvent): void {
    if (event.type === 'update-end' && event.changed > 0) this.#options.onUpdate(following.project.id);
    if (event.type === 'update-failed') this.#options.onError(event.error);
    following.isUpdating = event.type === 'update-start';
    if (following.isLeaving) leave(following);
  }
}

/**
 * Ends a following that makes room for another, with the update under way: one that is cut off leaves an index that is
 * not complete, which is as much as to say that it changes, and brings the project back, in the place of the next one.
 */
function leave(following: Following): void {
  following.isLeaving = true;
  if (!following.isUpdating) following.stop.abort();
}
