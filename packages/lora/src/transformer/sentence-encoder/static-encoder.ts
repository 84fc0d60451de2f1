import { join } from 'node:path';
import { openSafetensors } from '../../weights/safetensors/safetensors-reader.js';
import type { WeightSource } from '../../weights/weight-source.js';
import type { SentenceEncoder } from './bert.js';
import { readModelJson, readOptionalModelJson } from './model-json.js';
import { unsupported } from './sentence-config.js';
import { type SentenceTokenizer, sentenceTokenizer } from './sentence-tokenizer.js';

const TABLE = 'embeddings';
const TOKEN_WEIGHTS = 'weights';
/** Tokens of a text that count; what follows is cut, as model2vec does. */
const MAX_TOKENS = 512;
/** A table that claims more is none of a static model. */
const MAX_DIMENSION = 4_096;
/** Texts between two reports of progress. */
const BATCH_TEXTS = 256;

/**
 * Loads a static sentence encoder in the layout of model2vec: tokenizer.json, and in model.safetensors one vector a
 * token. A text's vector is the mean of its tokens' vectors, made a unit vector. Nothing is computed but that mean, so
 * a text takes microseconds.
 * @throws LoraError `transformer.missing-file`, `transformer.unsupported-encoder`, `weights.*`
 */
export async function loadStaticSentenceEncoder(directory: string): Promise<SentenceEncoder> {
  const json = await readModelJson(join(directory, 'tokenizer.json'));
  const tokenizer = sentenceTokenizer(
    json,
    await readOptionalModelJson(join(directory, 'tokenizer_config.json')),
  );
  await using source = await openSafetensors(join(directory, 'model.safetensors'));
  const [rows, dimension] = tableShape(source);
  const table = await source.readFloat32(TABLE);
  if (source.tensors.has('mapping')) throw unsupported('its tokens share rows of the table');
  const weights = source.tensors.has(TOKEN_WEIGHTS) ? await source.readFloat32(TOKEN_WEIGHTS) : null;
  if (weights !== null && weights.length !== rows) throw unsupported('its weights are not one a token');
  return new StaticEncoder(tokenizer, unknownToken(json), table, weights, rows, dimension);
}

function tableShape(source: WeightSource): [rows: number, dimension: number] {
  const [rows, dimension, ...more] = source.tensors.get(TABLE)?.shape ?? [];
  if (rows === undefined || dimension === undefined || more.length > 0)
    throw unsupported(`its model.safetensors has no table ${TABLE}`);
  if (rows < 1 || dimension < 1 || dimension > MAX_DIMENSION)
    throw unsupported(`its table is ${rows} by ${dimension}`);
  return [rows, dimension];
}

/** The token of what the vocabulary does not have: it says nothing, and is left out. */
function unknownToken(json: unknown): number | null {
  const model = (json as { model?: Record<string, unknown> }).model ?? {};
  const { unk_token: token, unk_id: id, vocab } = model;
  if (typeof id === 'number') return id;
  if (typeof token !== 'string' || typeof vocab !== 'object' || vocab === null) return null;
  const found = (vocab as Record<string, unknown>)[token];
  return typeof found === 'number' ? found : null;
}

class StaticEncoder implements SentenceEncoder {
  constructor(
    private readonly tokenizer: SentenceTokenizer,
    private readonly unknown: number | null,
    /** float32 [rows, dimension] */
    private readonly table: Float32Array,
    private readonly weights: Float32Array | null,
    private readonly rows: number,
    readonly dimension: number,
  ) {}

  async encode(texts: readonly string[], onBatch?: (done: number) => void): Promise<Float32Array[]> {
    return texts.map((text, place) => {
      const vector = this.#mean(this.tokenizer.encode(text, MAX_TOKENS));
      if ((place + 1) % BATCH_TEXTS === 0 || place + 1 === texts.length) onBatch?.(place + 1);
      return vector;
    });
  }

  #mean(tokens: readonly number[]): Float32Array {
    const sum = new Float32Array(this.dimension);
    for (const token of tokens) {
      if (token === this.unknown || token < 0 || token >= this.rows) continue;
      const weight = this.weights?.[token] ?? 1;
      const start = token * this.dimension;
      for (let i = 0; i < this.dimension; i++) sum[i] = (sum[i] ?? 0) + weight * (this.table[start + i] ?? 0);
    }
    const length = Math.hypot(...sum);
    // A text without a known word is near nothing: any unit vector is as good as another, and zero is none.
    if (!(length > 0)) sum[0] = 1;
    else for (let i = 0; i < this.dimension; i++) sum[i] = (sum[i] ?? 0) / length;
    return sum;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The table is in memory only.
  }
}
