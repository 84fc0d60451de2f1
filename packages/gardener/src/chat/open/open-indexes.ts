import { LRUCache } from 'lru-cache';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { ModelProgress } from '../../models/store/fetch-files.js';
import { projectOverview } from '../../prompt/project-overview.js';
import { type IndexFreshness, indexFreshness } from '../../retrieval/index/freshness.js';
import { FreshnessCache } from '../../retrieval/index/freshness-cache.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import type { SearchOptions, SearchResult } from '../../retrieval/search/search.js';
import type { ProjectCode } from '../answers/write-answer.js';
import { OpenEmbedder } from './open-embedder.js';
import { readProjectFacts } from './project-facts.js';

/** Open indexes; the one used longest ago is closed when another is asked for. */
const MAX_INDEXES = 16;
/** So long an answer tells the age of the index that was found out for the one before. */
const FRESHNESS_MS = 5_000;

/** Whether a project can be searched. */
export type IndexReadiness = 'ready' | 'building' | 'none';

interface OpenIndex {
  index: ProjectIndex;
  /** As it was when the index was last brought up to date. */
  overview: { indexedAt: string; lines: Promise<string[]> } | null;
}

/** The indexes of one process and the embedding model that searches them, each opened when it is first needed. */
export class OpenIndexes {
  readonly #garden: Garden;
  /** By project id. */
  readonly #indexes = new LRUCache<string, OpenIndex>({
    max: MAX_INDEXES,
    dispose: ({ index }) => index.close(),
  });
  readonly embedder: OpenEmbedder;
  readonly freshnessCache: FreshnessCache;

  constructor(garden: Garden, onProgress?: (progress: ModelProgress) => void) {
    this.#garden = garden;
    this.embedder = new OpenEmbedder(garden, onProgress);
    this.freshnessCache = new FreshnessCache(({ id, path }) => {
      const { maxFileBytes, allowedSecrets } = garden.settings;
      return indexFreshness(garden.paths.index(id), path, { maxFileBytes, allowedSecrets });
    });
  }

  get projectIds(): string[] {
    return [...this.#indexes.rkeys()];
  }

  /** @throws GardenerError `retrieval.*` */
  async readiness(project: ProjectRecord): Promise<IndexReadiness> {
    const manifest = await this.#open(project).index.manifest();
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
    const { index } = this.#open(project);
    const { value: embedder, release } = await this.embedder.use();
    try {
      signal?.throwIfAborted();
      return await index.search(query, embedder, options);
    } finally {
      release();
    }
  }

  /** The open index of a project, for what needs no embedder; it is closed when it was not used for long. */
  index(project: ProjectRecord): ProjectIndex {
    return this.#open(project).index;
  }

  /** Null before the first update, and when it cannot be told. */
  freshness(project: ProjectRecord): Promise<IndexFreshness | null> {
    return this.freshnessCache.of(project, { maxAgeMs: FRESHNESS_MS });
  }

  /** The project in a few lines, made anew after each update of its index. */
  async overview(project: ProjectRecord): Promise<string[]> {
    const open = this.#open(project);
    const indexedAt = (await open.index.manifest())?.indexedAt ?? '';
    if (open.overview?.indexedAt !== indexedAt) {
      const { paths, settings } = this.#garden;
      const lines = readProjectFacts(paths, project, open.index, settings).then(projectOverview);
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
      search: (query, k, signal) => this.search(project, query, { k, purpose: 'answer' }, signal),
      freshness: () => this.freshness(project),
      overview: () => this.overview(project).catch(() => []),
    };
  }

  forget(projectId: string): void {
    this.#indexes.delete(projectId);
    this.freshnessCache.forget(projectId);
  }

  async close(): Promise<void> {
    this.#indexes.clear();
    await this.embedder.close();
  }

  #open({ id }: ProjectRecord): OpenIndex {
    const open = this.#indexes.get(id) ?? { index: new ProjectIndex(this.#garden.paths, id), overview: null };
    this.#indexes.set(id, open);
    return open;
  }
}
