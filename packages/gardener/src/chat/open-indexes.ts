import type { Garden } from '../garden/garden.js';
import type { ProjectRecord } from '../garden/project-record.js';
import type { ModelProgress } from '../models/store/ensure-model.js';
import { projectOverview } from '../prompt/project-overview.js';
import {
  type IndexFreshness,
  openIndex,
  type ProjectIndex,
  type SearchOptions,
  type SearchResult,
} from '../retrieval/index/project-index.js';
import { OpenEmbedder } from './open-embedder.js';
import { readProjectFacts } from './project-facts.js';
import type { ProjectCode } from './write-answer.js';

/** Open indexes; the one used longest ago is closed when another is asked for. */
const maxIndexes = 16;
/** How old an index is, is found out by a walk of the codebase: not for every answer anew. */
const freshnessMs = 5_000;

/** Whether a project can be searched. */
export type IndexReadiness = 'ready' | 'building' | 'none';

interface OpenIndex {
  index: ProjectIndex;
  freshness: { value: Promise<IndexFreshness | null>; untilMs: number } | null;
  /** As it was when the index was last brought up to date. */
  overview: { indexedAt: string; lines: Promise<string[]> } | null;
}

/** The indexes of one process and the embedding model that searches them, each opened when it is first needed. */
export class OpenIndexes {
  readonly #garden: Garden;
  /** By project id, oldest use first. */
  readonly #indexes = new Map<string, OpenIndex>();
  readonly embedder: OpenEmbedder;

  constructor(garden: Garden, onProgress?: (progress: ModelProgress) => void) {
    this.#garden = garden;
    this.embedder = new OpenEmbedder(garden, onProgress);
  }

  get projectIds(): string[] {
    return [...this.#indexes.keys()];
  }

  /** @throws GardenerError `retrieval.*` */
  async readiness(project: ProjectRecord): Promise<IndexReadiness> {
    const { index } = await this.#open(project);
    const manifest = await index.manifest();
    if (manifest === null || manifest.chunks === 0) return 'none';
    return manifest.complete ? 'ready' : 'building';
  }

  /** @throws GardenerError `retrieval.*` */
  async search(
    project: ProjectRecord,
    query: string,
    options: SearchOptions,
    signal?: AbortSignal,
  ): Promise<SearchResult[]> {
    const { index } = await this.#open(project);
    const { embedder, release } = await this.embedder.use();
    try {
      signal?.throwIfAborted();
      return await index.search(query, embedder, options);
    } finally {
      release();
    }
  }

  /** Null before the first update, and when it cannot be told. */
  async freshness(project: ProjectRecord): Promise<IndexFreshness | null> {
    const open = await this.#open(project);
    if (open.freshness === null || open.freshness.untilMs < performance.now()) {
      const { maxFileBytes } = this.#garden.settings;
      const value = open.index.freshness(project.path, { maxFileBytes }).catch(() => null);
      open.freshness = { value, untilMs: Number.POSITIVE_INFINITY };
      const { freshness } = open;
      void value.then(() => {
        freshness.untilMs = performance.now() + freshnessMs;
      });
    }
    return open.freshness.value;
  }

  /** The project in a few lines, made anew after each update of its index. */
  async overview(project: ProjectRecord): Promise<string[]> {
    const open = await this.#open(project);
    const indexedAt = (await open.index.manifest())?.indexedAt ?? '';
    if (open.overview?.indexedAt !== indexedAt) {
      const { paths, settings } = this.#garden;
      const lines = readProjectFacts(paths, project, open.index, settings.maxFileBytes).then(projectOverview);
      open.overview = { indexedAt, lines };
      // The next question tries again.
      lines.catch(() => {
        if (open.overview?.lines === lines) open.overview = null;
      });
    }
    return open.overview.lines;
  }

  /** The code of a project for its answers, or null while nothing of it is indexed. */
  async codeOf(project: ProjectRecord): Promise<ProjectCode | null> {
    if ((await this.readiness(project)) === 'none') return null;
    return {
      search: (query, k, signal) => this.search(project, query, { k }, signal),
      freshness: () => this.freshness(project).catch(() => null),
      overview: () => this.overview(project).catch(() => []),
    };
  }

  forget(projectId: string): void {
    this.#indexes.get(projectId)?.index.close();
    this.#indexes.delete(projectId);
  }

  async close(): Promise<void> {
    for (const projectId of this.projectIds) this.forget(projectId);
    await this.embedder.close();
  }

  async #open({ id }: ProjectRecord): Promise<OpenIndex> {
    const known = this.#indexes.get(id);
    const open = known ?? { index: await openIndex(this.#garden.paths, id), freshness: null, overview: null };
    // Another call may have opened it meanwhile.
    const current = this.#indexes.get(id) ?? open;
    this.#indexes.delete(id);
    this.#indexes.set(id, current);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > maxIndexes && oldest !== undefined) this.forget(oldest);
    return current;
  }
}
