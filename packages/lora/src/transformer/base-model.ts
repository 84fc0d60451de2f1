import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LoraError } from '../errors.js';
import { openGguf } from '../weights/gguf/gguf-reader.js';
import { openSafetensors } from '../weights/safetensors/safetensors-reader.js';
import type { WeightSource } from '../weights/weight-source.js';
import { type ChatTemplate, chatTemplateFromGguf } from './chat-template/chat-template.js';
import { configFromGguf, configFromHuggingFace } from './config/read-transformer-config.js';
import type { TransformerConfig } from './config/transformer-config.js';
import type { ModelTokenizer } from './tokenizer/tokenizer.js';
import { tokenizerFromGguf } from './tokenizer/tokenizer-from-gguf.js';

/** Llama 3's GGUF says with this tensor what its rotary frequencies are divided by. */
const FREQUENCY_DIVISORS = 'rope_freqs.weight';

/** The weights of a base model and what they mean; enough for training on token ids. */
export interface BaseWeights extends AsyncDisposable {
  config: TransformerConfig;
  weights: WeightSource;
}

/** A base model: weights, tokenizer and chat template, all from one GGUF. */
export interface BaseModel extends BaseWeights {
  path: string;
  tokenizer: ModelTokenizer;
  chatTemplate: ChatTemplate;
  /** sha256, hex: of the weights file, of all that makes the tokenizer, of the template's text. */
  hashes: { weights: string; tokenizer: string; template: string };
}

/**
 * Opens a GGUF base model. The weights stay on disk until they are asked for; close it after use.
 * @param options.weightsHash sha256 of the file where it is known: hashing gigabytes takes seconds
 * @throws LoraError `weights.*`, `transformer.unsupported-architecture`, `transformer.bad-config`,
 *   `transformer.unsupported-tokenizer`, `transformer.bad-chat-template`
 */
export async function loadBaseModel(
  path: string,
  options: { weightsHash?: string } = {},
): Promise<BaseModel> {
  const weights = await openGguf(path);
  try {
    const divisors = weights.tensors.has(FREQUENCY_DIVISORS)
      ? await weights.readFloat32(FREQUENCY_DIVISORS)
      : null;
    const embeddingShape = weights.tensors.get('token_embd.weight')?.shape;
    const config = configFromGguf(weights.metadata, embeddingShape, divisors);
    const { tokenizer, hash: tokenizerHash } = tokenizerFromGguf(weights.metadata);
    const { chatTemplate, hash: template } = chatTemplateFromGguf(weights.metadata);
    const weightsHash = options.weightsHash ?? (await fileHash(path));
    const hashes = { weights: weightsHash, tokenizer: tokenizerHash, template };
    return {
      path,
      config,
      weights,
      tokenizer,
      chatTemplate,
      hashes,
      [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose](),
    };
  } catch (error) {
    await weights[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Opens the weights of a Hugging Face model directory (config.json, model.safetensors in one file), for training on
 * token ids that come from elsewhere.
 * @throws LoraError `weights.*`, `transformer.unsupported-architecture`, `transformer.bad-config`
 */
export async function loadHuggingFaceWeights(directory: string): Promise<BaseWeights> {
  const config = configFromHuggingFace(await readConfig(join(directory, 'config.json')));
  const weights = await openSafetensors(join(directory, 'model.safetensors'));
  return { config, weights, [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose]() };
}

const MAX_CONFIG_BYTES = 1 << 20; // a config.json has a few kB

async function readConfig(file: string): Promise<unknown> {
  try {
    const { size } = await stat(file);
    if (size > MAX_CONFIG_BYTES) throw new Error(`it has ${size} bytes`);
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    throw new LoraError('transformer.bad-config', `The model description ${file} cannot be read.`, {
      remedy: 'Point at a Hugging Face model directory with a valid config.json.',
      cause,
    });
  }
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
