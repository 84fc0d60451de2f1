import type { BaseModel } from '@codebase-gardener/lora';
import type { Garden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { requireModel } from '../../models/store/require-model.js';
import { PASSAGE_CANDIDATES } from '../../prompt/like-passages.js';
import { startEmbedder } from '../../retrieval/embedding/choose-embedder.js';
import { ProjectIndex } from '../../retrieval/index/project-index.js';
import { type CompletionPlace, completionPlaces } from '../../training/data/known/completion-places.js';
import type { RunData } from '../../training/data/run-data.js';
import { compareApart } from '../../training/evaluation/compare/compare-process.js';
import { PLACE_TOKENS } from '../../training/run/stages/make-examples.js';

/** What places are looked for with. */
export interface FreshPlacesOptions {
  base: BaseModel;
  data: RunData;
  /** Most places. */
  count: number;
  signal?: AbortSignal;
  onProgress?: (label: string, done: number, total: number | null) => void;
}

/**
 * Places of held-out files to complete that the gate has not seen, as the files and the index are now, each with its
 * prompt with related code and without.
 * @throws GardenerError `codebase.*`, `retrieval.*`, `training.comparison-died`; the signal's reason when aborted
 */
export async function freshPlaces(
  garden: Garden,
  project: ProjectRecord,
  { base, data, count, signal, onProgress }: FreshPlacesOptions,
): Promise<CompletionPlace[]> {
  const { maxFileBytes, allowedSecrets } = garden.settings;
  const heldOut = data.manifest.heldOut.files;
  const files = await compareApart(
    'gaps',
    {
      ...{ root: project.path, maxFileBytes, allowedSecrets, repository: project.name },
      ...{ seed: data.manifest.seed, heldOut, count },
      seen: data.uses.places.map(({ path, text, alone }) => ({ path, text, before: alone.prompt })),
    },
    { signal, onProgress: ({ files }) => onProgress?.('reading the code', files, null) },
  );
  const embedder = await startEmbedder(garden.settings, (id) => requireModel(garden.paths, id));
  const index = new ProjectIndex(garden.paths, project.id, garden.settings);
  let looked = 0;
  try {
    return await completionPlaces(files, files, {
      ...{ repository: project.name, count, ...(signal && { signal }) },
      contextTokens: Math.min(PLACE_TOKENS, base.config.contextLength / 2),
      countTokens: (text) => base.tokenizer.encode(text).length,
      search: (query) => {
        onProgress?.('looking for related code', ++looked, null);
        return index.search(query, embedder, { k: PASSAGE_CANDIDATES, excludePaths: heldOut });
      },
    });
  } finally {
    index.close();
    await embedder.dispose();
  }
}
