import { isCode } from '../../../codebase/languages/languages.js';
import { chunkCodebase } from '../../../codebase/read/chunk-codebase.js';
import type { ChunkedFile } from '../../../codebase/read/chunked-file.js';
import type { FileOutcome } from '../../../codebase/walk/file-outcome.js';
import { walkCodebase } from '../../../codebase/walk/walk.js';
import { requireModel } from '../../../models/store/require-model.js';
import { startEmbedder } from '../../../retrieval/embedding/choose-embedder.js';
import type { Embedder } from '../../../retrieval/embedding/embedder.js';
import type { UpdateProgress } from '../../../retrieval/index/index-update.js';
import { ProjectIndex } from '../../../retrieval/index/project-index.js';
import { refreshIndex } from '../../../retrieval/index/refresh-index.js';
import type { RunContext } from '../run-context.js';

/** What indexing leaves for the examples. */
export interface IndexedCodebase {
  /** The files of code; pages, prose and data are indexed and not trained on. */
  files: ChunkedFile[];
  commit: string | null;
}

/**
 * Brings a project's index up to date, at the cost of what has changed.
 * @returns how many files are indexed
 * @throws GardenerError `codebase.*`, `retrieval.*`, `training.model-missing`
 */
export async function updateIndex(run: RunContext): Promise<number> {
  const { garden, project, report, signal } = run;
  let total = 0;
  return withIndex(run, async (index, embedder) => {
    const manifest = await refreshIndex(index, project.path, embedder, {
      maxFileBytes: garden.settings.maxFileBytes,
      allowedSecrets: garden.settings.allowedSecrets,
      signal,
      onWalk: ({ files, outcomes }) => {
        total = files.length + outcomes.length;
        report.progress('indexing', 0, total);
      },
      onProgress: (progress) =>
        report.progress('indexing', Math.min(progress.ready, total), total, howFar(progress)),
    });
    return manifest.files.indexed;
  });
}

/**
 * Brings a project's index up to date and keeps the chunked files of code that went through: all are read, for
 * training.
 * @throws GardenerError `codebase.*`, `retrieval.*`, `training.model-missing`
 */
export async function indexCodebase(run: RunContext): Promise<IndexedCodebase> {
  const { garden, project, report, signal } = run;
  const { maxFileBytes, allowedSecrets } = garden.settings;
  const limits = { maxFileBytes, allowedSecrets, signal };
  const walked = await walkCodebase(project.path, limits);
  const total = walked.files.length + walked.outcomes.length;
  report.progress('indexing', 0, total);
  const kept: ChunkedFile[] = [];
  return withIndex(run, async (index, embedder) => {
    const items = keepingCode(chunkCodebase(project.path, { ...limits, walk: walked }), kept);
    const { commit } = await index.update(items, embedder, {
      root: project.path,
      signal,
      onProgress: (progress) =>
        report.progress('indexing', Math.min(progress.ready, total), total, howFar(progress)),
    });
    return { files: kept, commit };
  });
}

/** `1200 chunks`, and how many are found by meaning while the others are found by words and names. */
function howFar({ chunks, vectors }: UpdateProgress): string {
  return vectors < chunks
    ? `${chunks} chunks searchable, ${vectors} by meaning too`
    : `${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`;
}

/** A project's index and the embedder that it is searched with, while `work` goes on. */
export async function withIndex<T>(
  { garden, project }: RunContext,
  work: (index: ProjectIndex, embedder: Embedder) => Promise<T>,
): Promise<T> {
  const embedder = await startEmbedder(garden.settings, (id) => requireModel(garden.paths, id));
  const index = new ProjectIndex(garden.paths, project.id, garden.settings);
  try {
    return await work(index, embedder);
  } finally {
    index.close();
    await embedder.dispose();
  }
}

async function* keepingCode(
  items: AsyncIterable<ChunkedFile | FileOutcome>,
  kept: ChunkedFile[],
): AsyncGenerator<ChunkedFile | FileOutcome> {
  for await (const item of items) {
    if ('chunks' in item && isCode(item.language)) kept.push(item);
    yield item;
  }
}
