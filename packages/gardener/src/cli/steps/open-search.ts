import { GardenerError } from '../../garden/errors/garden-error.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { Embedder } from '../../retrieval/embedding/embedder.js';
import type { ProjectIndex } from '../../retrieval/index/project-index.js';
import type { IndexManifest } from '../../retrieval/store/manifest.js';
import type { Session } from '../session/session.js';
import { fetchModel } from './fetch-models.js';

/** What a search needs; closed with the session. */
export interface OpenSearch {
  index: ProjectIndex;
  embedder: Embedder;
  manifest: IndexManifest;
}

/**
 * Opens the index of a project and starts the embedding model; says on stderr when the index is still growing.
 * @throws GardenerError `cli.index-not-ready` before anything is indexed
 */
export async function openSearch(session: Session, project: ProjectRecord): Promise<OpenSearch> {
  const { index, manifest } = await openReadyIndex(session, project);
  const { startEmbedder } = await import('../../retrieval/embedding/choose-embedder.js');
  const embedder = await startEmbedder(session.garden.settings, (id) => fetchModel(session, id));
  session.closeAtEnd(() => embedder.dispose());
  return { index, embedder, manifest };
}

/**
 * Opens the index of a project; says on stderr when it is still growing.
 * @throws GardenerError `cli.index-not-ready` before anything is indexed
 */
export async function openReadyIndex(
  session: Session,
  project: ProjectRecord,
): Promise<Omit<OpenSearch, 'embedder'>> {
  const { ProjectIndex } = await import('../../retrieval/index/project-index.js');
  const { garden, output } = session;
  const index = new ProjectIndex(garden.paths, project.id);
  session.closeAtEnd(() => index.close());
  const manifest = await index.manifest();
  if (manifest === null || (manifest.chunks === 0 && !manifest.complete))
    throw await notReady(session, project);
  if (!manifest.complete) {
    output.note(output.notePalette.warn('The index is still growing: this is the part that is there.'));
  }
  return { index, manifest };
}

async function notReady(session: Session, project: ProjectRecord): Promise<GardenerError> {
  const { latestRun } = await import('../../garden/runs/runs.js');
  const run = await latestRun(session.garden.paths, project.id);
  if (run !== null && !run.state.finished) {
    return new GardenerError('cli.index-not-ready', `${project.name} is still being indexed.`, {
      remedy: `Wait a moment and run it again; gardener status ${project.name} shows how far it is.`,
      retryable: true,
    });
  }
  return new GardenerError('cli.index-not-ready', `${project.name} has no index yet.`, {
    remedy: `Make it with gardener refresh ${project.name}.`,
  });
}
