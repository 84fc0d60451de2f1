import { isCode } from '../../codebase/languages/languages.js';
import { chunkCodebase } from '../../codebase/read/chunk-codebase.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import type { FileOutcome } from '../../codebase/walk/file-outcome.js';
import { walkCodebase } from '../../codebase/walk/walk.js';
import { startEmbedder } from '../../retrieval/embedding/choose-embedder.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { refreshIndex } from '../../retrieval/index/refresh-index.js';
import { type RunContext, requireModel } from './run-context.js';

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
export async function refreshProjectIndex(context: RunContext): Promise<number> {
  const { garden, project, report, signal } = context;
  const { maxFileBytes } = garden.settings;
  let total = 0;
  const embedder = await startEmbedder(garden.settings, (id) => requireModel(context, id));
  const index = new ProjectIndex(garden.paths, project.id, garden.settings);
  try {
    const manifest = await refreshIndex(index, project.path, embedder, {
      maxFileBytes,
      signal,
      onWalk: ({ files, outcomes }) => {
        total = files.length + outcomes.length;
        report.progress('indexing', 0, total);
      },
      onProgress: ({ files, chunks }) =>
        report.progress('indexing', Math.min(files, total), total, `${chunks} chunks`),
    });
    return manifest.files.indexed;
  } finally {
    index.close();
    await embedder.dispose();
  }
}

/**
 * Brings a project's index up to date and keeps the chunked files of code that went through: all of
 * them are read, for training.
 * @throws GardenerError `codebase.*`, `retrieval.*`, `training.model-missing`
 */
export async function indexCodebase(context: RunContext): Promise<IndexedCodebase> {
  const { garden, project, report, signal } = context;
  const limits = { maxFileBytes: garden.settings.maxFileBytes, signal };
  const walked = await walkCodebase(project.path, limits);
  const total = walked.files.length + walked.outcomes.length;
  report.progress('indexing', 0, total);
  const files: ChunkedFile[] = [];
  const embedder = await startEmbedder(garden.settings, (id) => requireModel(context, id));
  const index = new ProjectIndex(garden.paths, project.id, garden.settings);
  try {
    const manifest = await index.update(
      keeping(chunkCodebase(project.path, { ...limits, walk: walked }), files),
      embedder,
      {
        root: project.path,
        signal,
        onProgress: (progress) =>
          report.progress('indexing', Math.min(progress.files, total), total, `${progress.chunks} chunks`),
      },
    );
    return { files, commit: manifest.commit };
  } finally {
    index.close();
    await embedder.dispose();
  }
}

async function* keeping(
  items: AsyncIterable<ChunkedFile | FileOutcome>,
  files: ChunkedFile[],
): AsyncGenerator<ChunkedFile | FileOutcome> {
  for await (const item of items) {
    if ('chunks' in item && isCode(item.language)) files.push(item);
    yield item;
  }
}
