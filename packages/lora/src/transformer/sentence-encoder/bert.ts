import { join } from 'node:path';
import { float32Of, type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { ZERO_POINT } from '../../autodiff/operators/index.js';
import { GraphSession } from '../../autodiff/session.js';
import { LoraError } from '../../errors.js';
import { openSafetensors } from '../../weights/safetensors/safetensors-reader.js';
import { type WordPieceEncoder, wordPieceFromJson } from '../tokenizer/word-piece.js';
import { type BertConfig, bertConfigFromJson } from './bert-config.js';
import { bertGraph } from './bert-graph.js';
import { type BertPrecision, type BertWeights, loadBertWeights } from './bert-weights.js';
import { readModelJson } from './model-json.js';

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
   * Numbers of the products. `int8` is about twice as fast, gives the same vectors on every processor, and finds code
   * as well (docs/retrieval.md); `float32` agrees with PyTorch to the last digits. Defaults to `int8`.
   */
  precision?: BertPrecision;
}

/** Longest input, as sentence-transformers sets it for all-MiniLM-L6-v2. */
const MAX_TOKENS = 256;
/**
 * Tokens of one batch, padding included. With more of them, what one operator writes for the next no longer fits into
 * a core's own cache.
 */
const BATCH_TOKENS = 512;

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
  await using source = await openSafetensors(join(directory, 'model.safetensors'));
  const weights = await loadBertWeights(source, config, precision);
  const open = (spinning: boolean) =>
    GraphSession.create(bertGraph(config, weights.constants), {
      ...(options.threads ? { threads: options.threads } : {}),
      spinning,
      packConstants: true,
    });
  return new BertEncoder(config, tokenizer, weights, await open(false), () => open(true));
}

class BertEncoder implements SentenceEncoder {
  readonly dimension: number;
  readonly #config: BertConfig;
  readonly #tokenizer: WordPieceEncoder;
  readonly #positions: Float32Array;
  readonly #table: HostTensor;
  /**
   * For a single text, which is a question: the keyword search runs at the same time, and threads that wait in a busy
   * loop would slow it down.
   */
  readonly #single: GraphSession;
  /** For batches, which are an eighth faster with threads that wait in a busy loop. Made when the first batch comes. */
  #together: Promise<GraphSession> | null = null;
  readonly #openTogether: () => Promise<GraphSession>;

  constructor(
    config: BertConfig,
    tokenizer: WordPieceEncoder,
    { table, positions }: BertWeights,
    single: GraphSession,
    openTogether: () => Promise<GraphSession>,
  ) {
    this.dimension = config.hiddenSize;
    this.#config = config;
    this.#tokenizer = tokenizer;
    this.#positions = positions;
    this.#table = hostTensor(table, [config.vocabularySize, config.hiddenSize]);
    this.#single = single;
    this.#openTogether = openTogether;
  }

  async encode(texts: readonly string[], onBatch?: (done: number) => void): Promise<Float32Array[]> {
    const maxTokens = Math.min(MAX_TOKENS, this.#config.maxPositions);
    const tokens = texts.map((text) => this.#tokenizer.encode(text, maxTokens));
    const results = new Array<Float32Array>(texts.length);
    let done = 0;
    const session = texts.length === 1 ? this.#single : await this.#batchSession();
    for (const positions of planBatches(tokens)) {
      const vectors = await this.#run(
        session,
        positions.map((position) => tokens[position]!),
      );
      for (const [row, position] of positions.entries()) results[position] = vectors[row]!;
      done += positions.length;
      onBatch?.(done);
    }
    return results;
  }

  #batchSession(): Promise<GraphSession> {
    this.#together ??= this.#openTogether().catch((error: unknown) => {
      this.#together = null;
      throw error;
    });
    return this.#together;
  }

  async #run(session: GraphSession, rows: readonly Int32Array[]): Promise<Float32Array[]> {
    const batch = rows.length;
    const length = Math.max(...rows.map((row) => row.length));
    const tokens = new BigInt64Array(batch * length).fill(BigInt(this.#tokenizer.padToken));
    const mask = new Int32Array(batch * length);
    const pooling = new Float32Array(batch * length);
    for (const [row, ids] of rows.entries()) {
      for (const [i, id] of ids.entries()) tokens[row * length + i] = BigInt(id);
      mask.fill(1, row * length, row * length + ids.length);
      pooling.fill(1 / ids.length, row * length, row * length + ids.length);
    }
    const { hiddenSize } = this.#config;
    const feeds: Record<string, HostTensor> = {
      table: this.#table,
      tokens: hostTensor(tokens, [batch, length]),
      mask: hostTensor(mask, [batch, length]),
      positions: hostTensor(this.#positions.subarray(0, length * hiddenSize), [length, hiddenSize]),
      pooling: hostTensor(pooling, [batch, 1, length]),
      zeroPoints: hostTensor(new Uint8Array(batch * length).fill(ZERO_POINT), [batch * length]),
    };
    const embeddings = float32Of((await session.run(feeds)).embeddings);
    return rows.map((_, row) => normalized(embeddings.slice(row * hiddenSize, (row + 1) * hiddenSize)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#single[Symbol.asyncDispose]();
    await (await this.#together)?.[Symbol.asyncDispose]();
  }
}

/** Texts that are computed together, by position: shorter ones first, so that neighbours are of nearly one length. */
function planBatches(tokens: readonly Int32Array[]): number[][] {
  const order = tokens.map((_, position) => position).sort((a, b) => tokens[a]!.length - tokens[b]!.length);
  const batches: number[][] = [];
  for (const position of order) {
    const current = batches.at(-1);
    const isFull = !current || (current.length + 1) * tokens[position]!.length > BATCH_TOKENS;
    if (isFull) batches.push([position]);
    else current.push(position);
  }
  return batches;
}

function normalized(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(norm, 1e-12));
}
