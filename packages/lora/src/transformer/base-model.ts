import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LoraError } from '../errors.js';
import { openRegularFile, readRegularFile } from '../files.js';
import { elementCount } from '../weights/element-count.js';
import { openGguf } from '../weights/gguf/gguf-reader.js';
import { openSafetensors } from '../weights/safetensors/safetensors-reader.js';
import { openShardedSafetensors } from '../weights/safetensors/sharded-safetensors.js';
import type { WeightSource } from '../weights/weight-source.js';
import { type ChatTemplate, chatTemplateFromGguf } from './chat-template/chat-template.js';
import { checkVectors, checkWeights } from './config/check-weights.js';
import { badConfig, configFromGguf, configFromHuggingFace } from './config/read-transformer-config.js';
import type { TransformerConfig } from './config/transformer-config.js';
import type { ModelTokenizer } from './tokenizer/tokenizer.js';
import { tokenizerFromGguf } from './tokenizer/tokenizer-from-gguf.js';

/** The files of a Hugging Face model directory: one with all weights, or an index of several. */
const WHOLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';

/** Llama 3's GGUF says with this tensor what its rotary frequencies are divided by. */
const FREQUENCY_DIVISORS = 'rope_freqs.weight';
/** Far above what any head has. */
const MAX_DIVISORS = 1_024;

/** The weights of a base model and what they mean; enough for training on token ids. */
export interface BaseWeights extends AsyncDisposable {
  config: TransformerConfig;
  weights: WeightSource;
}

/** A base model: weights, tokenizer and chat template, all from one GGUF. */
export interface BaseModel extends BaseWeights {
  /** The GGUF, or the first of its parts. */
  path: string;
  tokenizer: ModelTokenizer;
  chatTemplate: ChatTemplate;
  /**
   * sha256, hex: of the weights file (or its parts, one after the other), of all that makes the tokenizer, of the
   * template's text.
   */
  hashes: { weights: string; tokenizer: string; template: string };
}

/**
 * Opens a GGUF base model and checks it whole, but for the values of its matrices: what this opens can be trained.
 * The matrices stay on disk until they are asked for; close it after use.
 * Any part of a split GGUF opens all.
 * @param options.weightsHash sha256 of the file where it is known: hashing gigabytes takes seconds
 * @throws LoraError `weights.*`, `transformer.unsupported-architecture`, `transformer.bad-config`,
 *   `transformer.missing-weights`, `transformer.unsupported-tokenizer`, `transformer.bad-chat-template`
 */
export async function loadBaseModel(
  path: string,
  options: { weightsHash?: string } = {},
): Promise<BaseModel> {
  const weights = await openGguf(path);
  try {
    const divisors = await readDivisors(weights);
    const embeddingShape = weights.tensors.get('token_embd.weight')?.shape;
    const config = configFromGguf(weights.metadata, embeddingShape, divisors);
    const { tokenizer, hash: tokenizerHash } = tokenizerFromGguf(weights.metadata);
    checkWeights(config, weights);
    checkVocabulary(config, tokenizer);
    await checkVectors(config, weights);
    const { chatTemplate, hash: template } = chatTemplateFromGguf(weights.metadata);
    const weightsHash = options.weightsHash ?? (await hashOf(weights.files));
    const hashes = { weights: weightsHash, tokenizer: tokenizerHash, template };
    return {
      path: weights.path,
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
 * Opens the weights of a Hugging Face model directory (config.json and model.safetensors, or the parts that
 * model.safetensors.index.json lists), for training on token ids that come from elsewhere.
 * @throws LoraError `weights.*`, `transformer.unsupported-architecture`, `transformer.bad-config`,
 *   `transformer.missing-weights`
 */
export async function loadHuggingFaceWeights(directory: string): Promise<BaseWeights> {
  const config = configFromHuggingFace(await readConfig(join(directory, 'config.json')));
  const weights = await openDirectory(directory);
  try {
    checkWeights(config, weights);
    await checkVectors(config, weights);
  } catch (error) {
    await weights[Symbol.asyncDispose]();
    throw error;
  }
  return { config, weights, [Symbol.asyncDispose]: () => weights[Symbol.asyncDispose]() };
}

/** One file where it is there, as transformers has it; else the parts of an index. */
async function openDirectory(directory: string): Promise<WeightSource> {
  const [whole, index] = [WHOLE_FILE, INDEX_FILE].map((name) => join(directory, name)) as [string, string];
  const isThere = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  if (!(await isThere(whole)) && (await isThere(index))) return await openShardedSafetensors(index);
  return await openSafetensors(whole);
}

/** One divisor for each pair of places of a head. Their number is checked by who knows the size of a head. */
async function readDivisors(weights: WeightSource): Promise<Float32Array | null> {
  const shape = weights.tensors.get(FREQUENCY_DIVISORS)?.shape;
  if (shape === undefined) return null;
  const count = elementCount(shape);
  if (count > MAX_DIVISORS) throw badConfig(`${FREQUENCY_DIVISORS} has ${count} values`);
  return await weights.readFloat32(FREQUENCY_DIVISORS);
}

/** The ids that a tokenizer gives are rows of the embedding: as llama.cpp has it, each has one. */
function checkVocabulary({ vocabularySize }: TransformerConfig, tokenizer: ModelTokenizer): void {
  if (tokenizer.vocabularySize === vocabularySize) return;
  throw badConfig(
    `its vocabulary has ${tokenizer.vocabularySize} tokens, its embedding ${vocabularySize} rows`,
  );
}

const MAX_CONFIG_BYTES = 1 << 20; // a config.json has a few kB

async function readConfig(file: string): Promise<unknown> {
  try {
    return JSON.parse((await readRegularFile(file, MAX_CONFIG_BYTES)).toString('utf8')) as unknown;
  } catch (cause) {
    throw new LoraError('transformer.bad-config', `The model description ${file} cannot be read.`, {
      remedy: 'Point at a Hugging Face model directory with a valid config.json.',
      cause,
    });
  }
}

async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    await using handle = await openRegularFile(file);
    for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20, autoClose: false }))
      hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
