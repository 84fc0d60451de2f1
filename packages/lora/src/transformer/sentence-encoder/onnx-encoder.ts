import { join } from 'node:path';
import { float32Of, type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { OnnxFileSession } from '../../autodiff/onnx-file-session.js';
import type { SentenceEncoder, SentenceEncoderOptions } from './bert.js';
import { readModelJson, readOptionalModelJson } from './model-json.js';
import {
  type Pooling,
  readSentenceConfig,
  type SentenceConfig,
  type TaskPrefixes,
  unsupported,
} from './sentence-config.js';
import { type SentenceTokenizer, sentenceTokenizer } from './sentence-tokenizer.js';

/** A sentence encoder that knows what its model wants before questions and texts. */
export interface OnnxSentenceEncoder extends SentenceEncoder {
  /** From the directory; null where it says nothing. `encode` does not add them. */
  readonly prefixes: TaskPrefixes | null;
}

/** Tokens of one batch, padding included. */
const BATCH_TOKENS = 2_048;
const MAX_DIMENSION = 65_536;
/** What a model may be fed; which of them it takes is its own. */
const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];
/** Pooled already. */
const POOLED_OUTPUT = 'sentence_embedding';
const TOKEN_OUTPUTS = ['last_hidden_state', 'token_embeddings'];

/**
 * Loads any sentence-embedding model in the layout of sentence-transformers: an ONNX model, tokenizer.json, and the
 * configuration files that say how to pool. Texts longer than the model takes, or than 1,024 tokens, are cut.
 * @throws LoraError `transformer.missing-file`, `transformer.unsupported-encoder`, `autodiff.unusable-model-file`
 */
export async function loadOnnxSentenceEncoder(
  directory: string,
  options: Pick<SentenceEncoderOptions, 'threads'> = {},
): Promise<OnnxSentenceEncoder> {
  const config = await readSentenceConfig(directory);
  const tokenizer = sentenceTokenizer(
    await readModelJson(join(directory, 'tokenizer.json')),
    await readOptionalModelJson(join(directory, 'tokenizer_config.json')),
  );
  const session = await OnnxFileSession.open(config.modelFile, options.threads);
  try {
    const strange = session.inputs.find((name) => !KNOWN_INPUTS.includes(name));
    if (strange !== undefined) throw unsupported(`it asks for an input ${strange.slice(0, 60)}`);
    const output = [...TOKEN_OUTPUTS, POOLED_OUTPUT].find((name) => session.outputs.includes(name));
    if (output === undefined)
      throw unsupported(`its outputs are ${session.outputs.join(', ').slice(0, 100)}`);
    return await OnnxEncoder.probed(session, output, tokenizer, config);
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

class OnnxEncoder implements OnnxSentenceEncoder {
  dimension = 0;
  readonly prefixes: TaskPrefixes | null;

  private constructor(
    private readonly session: OnnxFileSession,
    private readonly output: string,
    private readonly tokenizer: SentenceTokenizer,
    private readonly config: SentenceConfig,
  ) {
    this.prefixes = config.prefixes;
  }

  /** The dimension is what the model gives for one text. */
  static async probed(
    session: OnnxFileSession,
    output: string,
    tokenizer: SentenceTokenizer,
    config: SentenceConfig,
  ): Promise<OnnxEncoder> {
    const encoder = new OnnxEncoder(session, output, tokenizer, config);
    encoder.dimension = (await encoder.encode(['dimension']))[0]!.length;
    return encoder;
  }

  async encode(texts: readonly string[], onBatch?: (done: number) => void): Promise<Float32Array[]> {
    const tokens = texts.map((text) => this.tokenizer.encode(text, this.config.maxTokens));
    const order = texts.map((_, at) => at).sort((a, b) => tokens[b]!.length - tokens[a]!.length);
    const results = new Array<Float32Array>(texts.length);
    for (let start = 0; start < order.length; ) {
      const longest = Math.max(1, tokens[order[start]!]!.length);
      const batch = order.slice(start, start + Math.max(1, Math.floor(BATCH_TOKENS / longest)));
      const vectors = await this.#run(batch.map((at) => tokens[at]!));
      for (const [row, at] of batch.entries()) results[at] = vectors[row]!;
      start += batch.length;
      onBatch?.(start);
    }
    return results;
  }

  /** @param rows the longest first */
  async #run(rows: number[][]): Promise<Float32Array[]> {
    const length = Math.max(1, rows[0]!.length);
    const shape = [rows.length, length];
    const ids = new BigInt64Array(rows.length * length).fill(BigInt(this.tokenizer.padToken));
    const mask = new BigInt64Array(rows.length * length);
    const positions = new BigInt64Array(rows.length * length);
    for (const [row, tokens] of rows.entries()) {
      for (let at = 0; at < length; at++) {
        positions[row * length + at] = BigInt(at);
        if (at >= tokens.length) continue;
        ids[row * length + at] = BigInt(tokens[at]!);
        mask[row * length + at] = 1n;
      }
    }
    const known: Record<string, BigInt64Array> = {
      input_ids: ids,
      attention_mask: mask,
      token_type_ids: new BigInt64Array(rows.length * length),
      position_ids: positions,
    };
    const feeds: Record<string, HostTensor> = {};
    for (const name of this.session.inputs) feeds[name] = hostTensor(known[name]!, shape);
    const tensor = await this.session.run(feeds, this.output);
    const values = float32Of(tensor);
    const dimension = values.length / rows.length / (this.output === POOLED_OUTPUT ? 1 : length);
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > MAX_DIMENSION)
      throw unsupported(`its output has the shape [${tensor.dims}]`);
    return rows.map((tokens, row) => {
      if (this.output === POOLED_OUTPUT) return unit(values.slice(row * dimension, (row + 1) * dimension));
      const own = values.subarray(row * length * dimension, (row * length + tokens.length) * dimension);
      return unit(pool(own, dimension, this.config.pooling));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

/** One vector of a text's token vectors, [tokens, dimension] without padding. */
function pool(tokens: Float32Array, dimension: number, pooling: Pooling): Float32Array {
  const count = tokens.length / dimension;
  if (pooling === 'cls') return tokens.slice(0, dimension);
  if (pooling === 'lasttoken') return tokens.slice((count - 1) * dimension);
  const result = new Float32Array(dimension).fill(pooling === 'max' ? Number.NEGATIVE_INFINITY : 0);
  for (let token = 0; token < count; token++) {
    for (let i = 0; i < dimension; i++) {
      const value = tokens[token * dimension + i]!;
      result[i] = pooling === 'max' ? Math.max(result[i]!, value) : result[i]! + value / count;
    }
  }
  return result;
}

/** @throws LoraError `transformer.unsupported-encoder` when the vector has no direction */
function unit(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(norm)) throw unsupported('it gives numbers that are not finite');
  return vector.map((value) => value / Math.max(norm, 1e-12));
}
