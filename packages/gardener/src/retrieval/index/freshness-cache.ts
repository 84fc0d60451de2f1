import type { ProjectRecord } from '../../garden/project-record.js';
import type { IndexFreshness } from './freshness.js';

/** What has to be known of a project to see how old its index is. */
export type FreshnessSubject = Pick<ProjectRecord, 'id' | 'path'>;

interface Known {
  value: IndexFreshness | null;
  /** When it was found out, on the clock of `performance.now`. */
  atMs: number;
}

/**
 * How old the indexes of a process are. To see that, a whole codebase is walked, so one look serves everyone who asks
 * meanwhile and for a while after.
 */
export class FreshnessCache {
  readonly #look: (project: FreshnessSubject) => Promise<IndexFreshness | null>;
  readonly #known = new Map<string, Known>();
  readonly #looking = new Map<string, Promise<IndexFreshness | null>>();

  /** @param look walks the codebase; where it fails, the freshness is told as null */
  constructor(look: (project: FreshnessSubject) => Promise<IndexFreshness | null>) {
    this.#look = look;
  }

  /**
   * How old the index of a project is; null where there is none, and where it cannot be told.
   * @param options.maxAgeMs what was found out so long ago is told again without a look
   * @param options.patienceMs after so long what was known before is told, however old, or null; the look goes on.
   * Defaults to waiting for the look
   */
  async of(
    project: FreshnessSubject,
    { maxAgeMs, patienceMs }: { maxAgeMs: number; patienceMs?: number },
  ): Promise<IndexFreshness | null> {
    const known = this.#known.get(project.id);
    if (known !== undefined && performance.now() - known.atMs < maxAgeMs) return known.value;
    const looking = this.#lookOnce(project);
    if (patienceMs === undefined) return looking;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<IndexFreshness | null>((resolve) => {
      timer = setTimeout(() => resolve(known?.value ?? null), patienceMs);
    });
    return Promise.race([looking, patience]).finally(() => clearTimeout(timer));
  }

  /** To be called when the index or the codebase has changed: what a look under way finds is not kept either. */
  forget(projectId: string): void {
    this.#known.delete(projectId);
    this.#looking.delete(projectId);
  }

  #lookOnce(project: FreshnessSubject): Promise<IndexFreshness | null> {
    const present = this.#looking.get(project.id);
    if (present !== undefined) return present;
    const looking = this.#look(project)
      .catch(() => null)
      .then((value) => {
        if (this.#looking.get(project.id) === looking) {
          this.#looking.delete(project.id);
          this.#known.set(project.id, { value, atMs: performance.now() });
        }
        return value;
      });
    this.#looking.set(project.id, looking);
    return looking;
  }
}
