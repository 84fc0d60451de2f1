import type { Garden } from '../garden/garden.js';
import { startLlamaCpp } from '../models/llama-cpp/llama-cpp.js';
import { type ModelOnDisk, modelOnDisk, verifyModel } from '../models/store/model-store.js';
import { type Check, failed, ok, warn } from './check.js';

/** Catalogue ids of the models that the settings and the projects need. */
export async function neededModels({ settings, registry }: Garden): Promise<string[]> {
  const bases = (await registry.list()).map(({ baseModel }) => baseModel);
  const { baseModel, embeddingModel, embeddingProvider } = settings;
  const embedding = embeddingProvider === 'catalogue' ? [embeddingModel] : [];
  return [...new Set([baseModel, ...bases, ...embedding])];
}

/**
 * Whether a model is on disk.
 * @param full also compares its sha256 and, where it is a base model, lets it write a word
 */
export async function checkModel(
  { paths, settings }: Garden,
  id: string,
  full: boolean,
  signal?: AbortSignal,
): Promise<Check> {
  const name = `model ${id}`;
  try {
    const model = await modelOnDisk(paths, id);
    if (model === null)
      return warn(name, 'not on disk yet', `Fetched on first use, or now: gardener models pull ${id}.`);
    if (!full) return ok(name, model.directory);
    await verifyModel(model, signal);
    const written = model.kind === 'base' ? await writeWord(model, settings.threads, signal) : '';
    return ok(name, `${model.directory}, sha256 as it should be${written}`);
  } catch (error) {
    signal?.throwIfAborted();
    return failed(name, error);
  }
}

/** One token from llama.cpp, in the process of its own that it always has. */
async function writeWord(model: ModelOnDisk, threads: number, signal?: AbortSignal): Promise<string> {
  const runtime = await startLlamaCpp(model.weights, { threads, contextTokens: 256 });
  try {
    const request = { prompt: 'The', adapter: null, maxTokens: 1, temperature: 0 };
    for await (const event of runtime.complete({ ...request, ...(signal && { signal }) })) {
      if (event.type === 'end' && event.completionTokens < 1) throw new Error('it wrote nothing');
    }
  } finally {
    await runtime.dispose();
  }
  return ', llama.cpp writes with it';
}
