import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {} from 'vitest';
import type { TestProject } from 'vitest/node';
import { GardenPaths } from '../packages/gardener/src/garden/files/paths.js';
import { ensureModel } from '../packages/gardener/src/models/store/ensure-model.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the default base model's GGUF. */
    baseModelFile: string;
    /** Directory of the default embedding model (model.safetensors, tokenizer.json). */
    embeddingModelDirectory: string;
    /** Path of a GGUF of two blocks and 256 tokens, made by the golden scripts: for whole runs in seconds. */
    tinyBaseFile: string;
  }
}

/**
 * Fetches the two default models once, as the product does, into a cache outside the repository
 * (CODEBASE_GARDENER_TEST_MODELS, else the user's cache directory).
 */
export default async function setup(project: TestProject): Promise<void> {
  const cache =
    process.env.CODEBASE_GARDENER_TEST_MODELS ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'codebase-gardener-test-models');
  const paths = new GardenPaths(cache);
  const base = await ensureModel(paths, 'smollm2-135m-instruct');
  const embedding = await ensureModel(paths, 'all-minilm-l6-v2');
  project.provide('baseModelFile', base.weights);
  project.provide('embeddingModelDirectory', embedding.directory);
  const tinyBase = new URL('../packages/lora/fixtures/golden/llama-tiny/base.gguf', import.meta.url);
  project.provide('tinyBaseFile', fileURLToPath(tinyBase));
}
