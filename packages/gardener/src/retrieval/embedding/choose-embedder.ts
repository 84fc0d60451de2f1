import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { openRegularFile, readRegularFile } from '@codebase-gardener/lora/files';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { Settings } from '../../garden/settings/settings.js';
import type { Embedder } from './embedder.js';
import { startEncoder } from './encoder.js';
import type { EncoderFormat } from './encoder-protocol.js';
import { startServerEmbedder } from './server-embedder.js';
import { knownPrefixes } from './task-prefixes.js';

/** The settings that choose an embedder. */
export type EmbeddingSettings = Pick<
  Settings,
  | 'embeddingProvider'
  | 'embeddingModel'
  | 'embeddingUrl'
  | 'embeddingApiKey'
  | 'embeddingQueryPrefix'
  | 'embeddingDocumentPrefix'
  | 'threads'
>;

const OLLAMA_URL = 'http://127.0.0.1:11434';
const SAMPLE_BYTES = 1024 * 1024;
/** The largest tokenizer.json known has 35 MB. */
const MAX_DESCRIPTION_BYTES = 64 * 1024 * 1024;
/** Files beside the model that change its vectors. */
const DESCRIPTIONS = [
  'modules.json',
  '1_Pooling/config.json',
  'sentence_bert_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
];
const MODEL_FILES = ['onnx/model.onnx', 'model.onnx', 'onnx/model_quantized.onnx', 'model_quantized.onnx'];
/**
 * Part of the id of the catalogue's models. It changes when the arithmetic of the encoder changes or the text that is
 * embedded of a chunk, because the vectors are then different ones.
 */
const CATALOGUE_VERSION = 'int8-2';

/**
 * Starts the embedder that the settings choose.
 * @param catalogueModel gives the directory of a model of the catalogue; asked only when the settings choose one
 * @throws GardenerError what {@link startEncoder} and {@link startServerEmbedder} throw,
 * `retrieval.embedding-model-missing`, and what `catalogueModel` throws
 */
export async function startEmbedder(
  settings: EmbeddingSettings,
  catalogueModel: (id: string) => Promise<{ id: string; directory: string }>,
): Promise<Embedder> {
  const { embeddingProvider: provider, embeddingModel: model, threads } = settings;
  if (provider === 'catalogue') {
    const { id, directory } = await catalogueModel(model);
    const format = await formatOfCatalogue(directory);
    return startEncoder({ id: `${id}-${CATALOGUE_VERSION}`, format, directory }, { threads });
  }
  const prefixes = prefixesOf(settings);
  if (provider === 'onnx') {
    const directory = resolve(model);
    const { id, format } = await modelOfDirectory(directory);
    return startEncoder({ id, format, directory }, { threads, ...(prefixes ? { prefixes } : {}) });
  }
  return startServerEmbedder({
    protocol: provider,
    model,
    url: settings.embeddingUrl || (provider === 'ollama' ? OLLAMA_URL : ''),
    apiKey: settings.embeddingApiKey,
    ...(prefixes ? { prefixes } : {}),
  });
}

/** Static tables have no architecture in their config.json. */
async function formatOfCatalogue(directory: string): Promise<EncoderFormat> {
  const file = join(directory, 'config.json');
  const config = await readRegularFile(file, MAX_DESCRIPTION_BYTES).catch(() => '{}');
  return /"model_type"\s*:/.test(config.toString()) ? 'bert' : 'static';
}

/** Prefixes that are set, or that a model of that name is known to want; null leaves it to the model's own files. */
function prefixesOf({ embeddingModel, embeddingQueryPrefix, embeddingDocumentPrefix }: EmbeddingSettings) {
  if (embeddingQueryPrefix === 'auto' && embeddingDocumentPrefix === 'auto') {
    return knownPrefixes(basename(embeddingModel));
  }
  const given = (prefix: string) => (prefix === 'auto' ? '' : prefix);
  return { query: given(embeddingQueryPrefix), document: given(embeddingDocumentPrefix) };
}

/** Where the weights lie, and what they are; the first that is there is used. */
const WEIGHTS: readonly [name: string, format: EncoderFormat][] = [
  ...MODEL_FILES.map((name): [string, EncoderFormat] => [name, 'onnx']),
  ['model.safetensors', 'static'],
];

/**
 * What a directory holds, named by its contents: the descriptions whole, of the weights their size and both ends, since
 * hashing gigabytes would take longer than a search.
 */
async function modelOfDirectory(directory: string): Promise<{ id: string; format: EncoderFormat }> {
  const hash = createHash('sha256');
  for (const name of DESCRIPTIONS)
    hash.update(
      (await readRegularFile(join(directory, name), MAX_DESCRIPTION_BYTES).catch(() => '')) || '\0',
    );
  for (const [name, format] of WEIGHTS) {
    const file = join(directory, name);
    const found = await stat(file).catch(() => null);
    if (found === null || !found.isFile()) continue;
    hash.update(String(found.size));
    const handle = await openRegularFile(file);
    try {
      for (const position of [0, Math.max(0, found.size - SAMPLE_BYTES)]) {
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(SAMPLE_BYTES),
          0,
          SAMPLE_BYTES,
          position,
        );
        hash.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await handle.close();
    }
    return { id: `${format}/${basename(directory)}@${hash.digest('hex').slice(0, 12)}`, format };
  }
  throw new GardenerError('retrieval.embedding-model-missing', `${directory} holds no embedding model.`, {
    remedy: `Set embeddingModel to a directory with tokenizer.json and one of ${WEIGHTS.map(([name]) => name).join(', ')}.`,
    details: { directory },
  });
}
