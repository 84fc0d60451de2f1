import {
  float32Of,
  GraphSession,
  type HostTensor,
  hostTensor,
  type SessionOptions,
} from '../autodiff/session.js';
import type { AdapterConfig } from '../transformer/adapter-config.js';
import type { TransformerConfig } from '../transformer/architecture.js';
import { blockForwardGraph } from '../transformer/block-graphs.js';
import type { FrozenWeights } from '../transformer/frozen-weights.js';
import { HEAD_ROWS, headGraph } from '../transformer/language-model-head.js';
import type { BatchShape } from '../transformer/llama-block.js';
import { type Batch, embedTokens } from './batch.js';
import type { LoraParameters } from './lora-parameters.js';

/** What a pass over a batch finds for each predicting position. */
export interface PositionScores {
  /** Negative log-likelihood of the label, in nats. */
  nll: Float32Array;
  /** The most likely token. */
  top1: Int32Array;
}

/**
 * Scores batches in float32, whatever the precision of training. All batches go through one block before the next one is
 * read from the file: the base model is never in memory as a whole, only one hidden state a batch.
 */
export class Scorer implements AsyncDisposable {
  private constructor(
    private readonly config: TransformerConfig,
    readonly shape: BatchShape,
    private readonly frozen: FrozenWeights,
    private readonly block: GraphSession,
    private readonly head: GraphSession,
  ) {}

  /** @param adapter null for the base model alone; dropout is left out */
  static async create(
    config: TransformerConfig,
    frozen: FrozenWeights,
    shape: BatchShape,
    adapter: AdapterConfig | null,
    options: SessionOptions,
  ): Promise<Scorer> {
    const still = adapter && { ...adapter, dropout: 0 };
    const graph = blockForwardGraph({ config, batch: shape, adapter: still, precision: 'float32' });
    const head = headGraph(config, HEAD_ROWS, 'score', 'float32');
    const sessions = [
      await GraphSession.create(graph, options),
      await GraphSession.create(head, options),
    ] as const;
    return new Scorer(config, shape, frozen, ...sessions);
  }

  /**
   * The last block's outputs, float32 [rows * sequence, hidden] each, before the final norm.
   * @param onProgress called with the share of blocks done
   */
  async hiddenStates(
    batches: readonly Batch[],
    parameters: LoraParameters | null,
    onProgress?: (share: number) => void,
  ): Promise<Float32Array[]> {
    const { hiddenSize, blockCount } = this.config;
    const tokens = this.shape.rows * this.shape.sequenceLength;
    const states = batches.map((batch) => embedTokens(batch, this.frozen.embedding, hiddenSize));
    for (let index = 0; index < blockCount; index++) {
      const weights = { ...(await this.frozen.block(index)), ...parameters?.feeds(index) };
      for (const [i, { positions, mask }] of batches.entries()) {
        const feeds = { x: hostTensor(states[i]!, [tokens, hiddenSize]), positions, mask, ...weights };
        states[i] = float32Of((await this.block.run(feeds)).y);
      }
      onProgress?.((index + 1) / blockCount);
    }
    return states;
  }

  /** Negative log-likelihood and most likely token at every predicting position of each batch. */
  async score(
    batches: readonly Batch[],
    parameters: LoraParameters | null,
    onProgress?: (share: number) => void,
  ): Promise<PositionScores[]> {
    const states = await this.hiddenStates(batches, parameters, onProgress);
    const scores: PositionScores[] = [];
    for (const [i, batch] of batches.entries()) scores.push(await this.#scoreHead(states[i]!, batch));
    return scores;
  }

  async #scoreHead(x: Float32Array, batch: Batch): Promise<PositionScores> {
    const nll = new Float32Array(batch.predicting.length);
    const top1 = new Int32Array(batch.predicting.length);
    for (let start = 0; start < nll.length; start += HEAD_ROWS) {
      const outputs = await this.head.run(headFeeds(x, batch, start, this.frozen, this.config.hiddenSize));
      const count = Math.min(HEAD_ROWS, nll.length - start);
      nll.set(float32Of(outputs.nll).subarray(0, count), start);
      const best = outputs.top1!.data as BigInt64Array;
      for (let i = 0; i < count; i++) top1[start + i] = Number(best[i]);
    }
    return { nll, top1 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.block[Symbol.asyncDispose]();
    await this.head[Symbol.asyncDispose]();
  }
}

/** The states of up to HEAD_ROWS predicting positions from the `start`th on, with their labels and the head's weights. */
export function headFeeds(
  x: Float32Array,
  batch: Batch,
  start: number,
  { outputNorm, head }: FrozenWeights,
  hiddenSize: number,
): Record<string, HostTensor> {
  const rows = new Float32Array(HEAD_ROWS * hiddenSize);
  const labels = new BigInt64Array(HEAD_ROWS);
  const count = Math.min(HEAD_ROWS, batch.predicting.length - start);
  for (let i = 0; i < count; i++) {
    const from = batch.predicting[start + i]! * hiddenSize;
    rows.set(x.subarray(from, from + hiddenSize), i * hiddenSize);
    labels[i] = BigInt(batch.labels[start + i]!);
  }
  return {
    x: hostTensor(rows, [HEAD_ROWS, hiddenSize]),
    labels: hostTensor(labels, [HEAD_ROWS]),
    norm: outputNorm,
    table: head,
  };
}
