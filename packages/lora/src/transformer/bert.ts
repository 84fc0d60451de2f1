import { join } from 'node:path';
import { float32Of, GraphSession, type HostTensor, hostTensor } from '../autodiff/session.js';
import { LoraError } from '../errors.js';
import { openSafetensors } from '../weights/safetensors-reader.js';
import { type BertConfig, bertConfigFromJson } from './bert-config.js';
import { bertGraph } from './bert-graph.js';
import { type BertPrecision, type BertWeights, loadBertWeights } from './bert-weights.js';
import { readModelJson } from './model-json.js';
import { type WordPieceEncoder, wordPieceFromJson } from './tokenizer-word-piece.js';

/** Turns texts into unit vectors. */
export interface SentenceEncoder extends AsyncDisposable {
  /** Length of the vectors. */
  readonly dimension: number;
  /**
   * One unit vector a text, in order. Texts longer than 256 tokens are cut there.
   * Blocks the event loop while a batch is computed: use a process of its own.
   * @param onBatch called after each batch with the number of texts done; throw in it to stop
   */
  encode(texts: readonly string[], onBatch?: (done: number) => void): Promise<Float32Array[]>;
}

/** How an encoder uses the machine. */
export interface SentenceEncoderOptions {
  /** Threads. Defaults to the physical cores. */
  threads?: number;
  /**
   * Numbers of the products. `int8` is about twice as fast, gives the same vectors on every processor, and they find as well
   * (docs/retrieval.md); `float32` agrees with PyTorch to the last digits. Defaults to `int8`.
   */
  precision?: BertPrecision;
}

/** Longest input, as sentence-transformers sets it for all-MiniLM-L6-v2. */
const MAX_TOKENS = 256;
/** Padded lengths. Few distinct shapes, since each needs a session of its own; dense enough that padding stays small. */
const LENGTHS = [8, 16, 32, 48, 64, 96, 128, 160, 192, 224, 256];
/** Tokens of one batch, padding included: bounds the memory, and more do not make it faster. */
const BATCH_TOKENS = 1_024;
/** Sessions kept. The weights are fed and shared, and so is the memory of activations: an arena in each would add up to 0.7 GB. */
const MAX_SESSIONS = 16;

/**
 * Loads a BERT sentence encoder with mean pooling from a Hugging Face directory: config.json, tokenizer.json and
 * model.safetensors.
 * @throws LoraError `transformer.unsupported-architecture`, `transformer.unsupported-tokenizer`,
 * `transformer.missing-weights`, `transformer.missing-file`, `weights.*`
 */
export async function loadSentenceEncoder(
  directory: string,
  options: SentenceEncoderOptions = {},
): Promise<SentenceEncoder> {
  const config = bertConfigFromJson(await readModelJson(join(directory, 'config.json')));
  const tokenizer = wordPieceFromJson(await readModelJson(join(directory, 'tokenizer.json')));
  if (tokenizer.vocabularySize > config.vocabularySize) {
    throw new LoraError(
      'transformer.unsupported-tokenizer',
      'The tokenizer has more tokens than the model.',
      {
        remedy: 'Fetch the embedding model again.',
        details: { tokenizer: tokenizer.vocabularySize, model: config.vocabularySize },
      },
    );
  }
  const precision = options.precision ?? 'int8';
  const source = await openSafetensors(join(directory, 'model.safetensors'));
  try {
    return new BertEncoder(config, tokenizer, await loadBertWeights(source, config, precision), {
      ...options,
      precision,
    });
  } finally {
    await source.close();
  }
}

/** Texts that are computed together, by position. */
interface Batch {
  positions: number[];
  length: number;
}

type BertEncoderOptions = SentenceEncoderOptions & { precision: BertPrecision };

class BertEncoder implements SentenceEncoder {
  readonly dimension: number;
  readonly #config: BertConfig;
  readonly #tokenizer: WordPieceEncoder;
  readonly #weights: BertWeights;
  readonly #options: BertEncoderOptions;
  /** By batch and length; in the order of their last use. */
  readonly #sessions = new Map<string, GraphSession>();

  constructor(
    config: BertConfig,
    tokenizer: WordPieceEncoder,
    weights: BertWeights,
    options: BertEncoderOptions,
  ) {
    this.dimension = config.hiddenSize;
    this.#config = config;
    this.#tokenizer = tokenizer;
    this.#weights = weights;
    this.#options = options;
  }

  async encode(texts: readonly string[], onBatch?: (done: number) => void): Promise<Float32Array[]> {
    const maxTokens = Math.min(MAX_TOKENS, this.#config.maxPositions);
    const tokens = texts.map((text) => this.#tokenizer.encode(text, maxTokens));
    const results = new Array<Float32Array>(texts.length);
    let done = 0;
    for (const { positions, length } of planBatches(tokens, Math.min(maxTokens, LENGTHS.at(-1)!))) {
      const vectors = await this.#run(
        positions.map((position) => tokens[position]!),
        length,
      );
      for (const [row, position] of positions.entries()) results[position] = vectors[row]!;
      done += positions.length;
      onBatch?.(done);
    }
    return results;
  }

  async #run(rows: Int32Array[], length: number): Promise<Float32Array[]> {
    const batch = batchSize(rows.length, length);
    const tokens = new BigInt64Array(batch * length).fill(BigInt(this.#tokenizer.padToken));
    const mask = new Int32Array(batch * length);
    const pooling = new Float32Array(batch * length);
    for (let row = 0; row < batch; row++) {
      // A row that fills the batch up attends to one padding token: a row of nothing would divide by zero.
      const ids = rows[row] ?? Int32Array.of(this.#tokenizer.padToken);
      for (const [i, id] of ids.entries()) tokens[row * length + i] = BigInt(id);
      mask.fill(1, row * length, row * length + ids.length);
      pooling.fill(1 / ids.length, row * length, row * length + ids.length);
    }
    const { hiddenSize } = this.#config;
    const session = await this.#session(batch, length);
    const feeds: Record<string, HostTensor> = {
      ...this.#weights.tensors,
      tokens: hostTensor(tokens, [batch, length]),
      mask: hostTensor(mask, [batch, length]),
      positions: hostTensor(this.#weights.positions.subarray(0, length * hiddenSize), [length, hiddenSize]),
      pooling: hostTensor(pooling, [batch, 1, length]),
    };
    const embeddings = float32Of((await session.run(feeds)).embeddings);
    return rows.map((_, row) => normalized(embeddings.slice(row * hiddenSize, (row + 1) * hiddenSize)));
  }

  async #session(batch: number, length: number): Promise<GraphSession> {
    const key = `${batch}x${length}`;
    let session = this.#sessions.get(key);
    this.#sessions.delete(key);
    session ??= await GraphSession.create(bertGraph(this.#config, batch, length, this.#options.precision), {
      ...(this.#options.threads ? { threads: this.#options.threads } : {}),
    });
    this.#sessions.set(key, session);
    if (this.#sessions.size > MAX_SESSIONS) {
      const [oldest, unused] = this.#sessions.entries().next().value!;
      this.#sessions.delete(oldest);
      await unused[Symbol.asyncDispose]();
    }
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) await session[Symbol.asyncDispose]();
    this.#sessions.clear();
  }
}

/** Texts sorted by length, cut into batches of one padded length. */
function planBatches(tokens: readonly Int32Array[], longest: number): Batch[] {
  const order = tokens.map((_, position) => position).sort((a, b) => tokens[a]!.length - tokens[b]!.length);
  const batches: Batch[] = [];
  let current: Batch | null = null;
  for (const position of order) {
    const length = LENGTHS.find((padded) => padded >= tokens[position]!.length) ?? longest;
    if (current === null || current.length !== length || current.positions.length === rowsOfBatch(length)) {
      current = { positions: [], length };
      batches.push(current);
    }
    current.positions.push(position);
  }
  return batches;
}

const rowsOfBatch = (length: number) => Math.floor(BATCH_TOKENS / length);

/** Rows that are computed for `count` texts: the next power of two, or a full batch. */
function batchSize(count: number, length: number): number {
  return Math.min(2 ** Math.ceil(Math.log2(count)), rowsOfBatch(length));
}

function normalized(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(norm, 1e-12));
}
