import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import { type IndexFreshness, indexFreshness } from '../retrieval/index/freshness.js';

/** What is known for this long is told without looking again. */
const FRESH_MS = 15_000;
/** A large codebase takes longer to look through: what was known before is told then. */
const PATIENCE_MS = 800;

interface Known {
  value: IndexFreshness | null;
  at: number;
}

/** How old the indexes are: looking walks a whole codebase, and a page asks for every project at once. */
export class Freshness {
  readonly #garden: Garden;
  readonly #known = new Map<string, Known>();
  readonly #looking = new Map<string, Promise<IndexFreshness | null>>();

  constructor(garden: Garden) {
    this.#garden = garden;
  }

  /** What is known at the latest after 0.8 s; null before anything is. */
  async of(project: ProjectRecord): Promise<IndexFreshness | null> {
    const known = this.#known.get(project.id);
    if (known !== undefined && performance.now() - known.at < FRESH_MS) return known.value;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<IndexFreshness | null>((resolve) => {
      timer = setTimeout(() => resolve(known?.value ?? null), PATIENCE_MS);
    });
    return Promise.race([this.#look(project), patience]).finally(() => clearTimeout(timer));
  }

  /** The index or the codebase has changed. */
  forget(projectId: string): void {
    this.#known.delete(projectId);
  }

  #look(project: ProjectRecord): Promise<IndexFreshness | null> {
    const present = this.#looking.get(project.id);
    if (present !== undefined) return present;
    const { paths, settings } = this.#garden;
    const looking = indexFreshness(paths.index(project.id), project.path, {
      maxFileBytes: settings.maxFileBytes,
    })
      .catch(() => null)
      .then((value) => {
        this.#known.set(project.id, { value, at: performance.now() });
        return value;
      })
      .finally(() => this.#looking.delete(project.id));
    this.#looking.set(project.id, looking);
    return looking;
  }
}
