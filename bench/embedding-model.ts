import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { openGarden } from '../packages/gardener/src/garden/garden.js';
import { ensureModel } from '../packages/gardener/src/models/store/ensure-model.js';

/** Folder of the default embedding model: BENCH_EMBEDDING_MODEL, else fetched once into a cache outside the repository. */
export async function embeddingModelDirectory(): Promise<string> {
  const given = process.env.BENCH_EMBEDDING_MODEL;
  if (given) return given;
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'codebase-gardener-bench');
  const { paths } = await openGarden({ dataDir: join(cache, 'data') });
  const { files } = await ensureModel(paths, 'all-minilm-l6-v2', {});
  return dirname(Object.values(files).find((file) => file.endsWith('.safetensors'))!);
}
