import { dirname, join } from 'node:path';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { ensureModel } from '../../packages/gardener/src/models/store/ensure-model.js';
import { benchCache } from './bench-cache.js';

/** The default base model, fetched once into a cache outside the repository. */
export async function defaultBaseModelFile(): Promise<string> {
  return fileOf('smollm2-135m-instruct', '.gguf');
}

/**
 * Folder of the default embedding model: BENCH_EMBEDDING_MODEL, else fetched once into a cache outside the repository.
 */
export async function embeddingModelDirectory(): Promise<string> {
  return process.env.BENCH_EMBEDDING_MODEL ?? dirname(await fileOf('all-minilm-l6-v2', '.safetensors'));
}

async function fileOf(model: string, extension: string): Promise<string> {
  const { paths } = await openGarden({ dataDir: join(benchCache, 'data') });
  const { files } = await ensureModel(paths, model, {});
  const found = Object.values(files).find((file) => file.endsWith(extension));
  if (found === undefined) throw new Error(`${model} has no ${extension} file`);
  return found;
}
