import {
  float32Of,
  GraphSession,
  type HostTensor,
  hostTensor,
  type SessionOptions,
} from '../autodiff/session.js';
import type { AdapterConfig } from '../transformer/adapter-config.js';
import type { TransformerConfig } from '../transformer/architecture.js';
import {
  blockBackwardGraph,
  blockForwardGraph,
  inputNames,
  targetedGroups,
} from '../transformer/block-graphs.js';
import type { FrozenWeights } from '../transformer/frozen-weights.js';
import { type HeadKind, headGraph } from '../transformer/language-model-head.js';
import type { BatchShape } from '../transformer/llama-block.js';
import { moduleShape } from '../transformer/modules.js';
import type { Batch } from './batch.js';
import type { LoraParameters } from './lora-parameters.js';
import { seededRandom } from './random.js';

/** Positions that go through the vocabulary product at once: bounds the logits to 128 x vocabulary. */
const HEAD_ROWS = 128;

/** What a pass over a batch finds for each predicting position. */
export interface PositionScores {
  /** Negative log-likelihood of the label, in nats. */
  nll: Float32Array;
  /** The most likely token; empty unless asked for. */
  top1: Int32Array;
}

/** Seeds of the dropout masks of one batch; absent outside training. */
export type DropoutSeed = readonly number[];

/**
 * Runs a llama-like model block by block with ONE forward and ONE backward session: every block's weights are fed as
 * inputs, and the backward graph recomputes the block's forward pass from the block's input. Memory is the weights once
 * plus one hidden state a block; the arithmetic is float32 throughout.
 */
export class SharedPair implements AsyncDisposable {
  private constructor(
    private readonly config: TransformerConfig,
    readonly batch: BatchShape,
    private readonly weights: FrozenWeights,
    private readonly adapter: AdapterConfig | null,
    /** Forward without dropout, for scoring and, when there is no dropout, for training. */
    private readonly scoringSession: GraphSession,
    private readonly dropoutSession: GraphSession | null,
    private readonly backwardSession: GraphSession | null,
    private readonly heads: Record<HeadKind, GraphSession>,
  ) {}

  /**
   * @param adapter null for the base model alone
   * @param training whether `accumulateGradient` will be called; scoring alone needs no backward session
   */
  static async create(
    config: TransformerConfig,
    weights: FrozenWeights,
    batch: BatchShape,
    adapter: AdapterConfig | null,
    training: boolean,
    options: SessionOptions,
  ): Promise<SharedPair> {
    const session = (graph: Parameters<typeof GraphSession.create>[0]) => GraphSession.create(graph, options);
    const still = adapter && { ...adapter, dropout: 0 };
    const drops = training && adapter && adapter.dropout > 0;
    return new SharedPair(
      config,
      batch,
      weights,
      adapter,
      await session(blockForwardGraph(config, batch, still)),
      drops ? await session(blockForwardGraph(config, batch, adapter)) : null,
      training && adapter ? await session(blockBackwardGraph(config, batch, adapter)) : null,
      {
        gradient: await session(headGraph(config, HEAD_ROWS, 'gradient')),
        score: await session(headGraph(config, HEAD_ROWS, 'score')),
      },
    );
  }

  /** The last block's output, float32 [rows * sequence, hidden], before the final norm. */
  async hiddenStates(batch: Batch, parameters: LoraParameters | null): Promise<Float32Array> {
    let x = this.#embed(batch);
    for (let block = 0; block < this.config.blockCount; block++) {
      x = await this.#forward(block, x, batch, parameters, null);
    }
    return x;
  }

  /** Negative log-likelihood and most likely token at every predicting position. */
  async score(batch: Batch, parameters: LoraParameters | null): Promise<PositionScores> {
    const x = await this.hiddenStates(batch, parameters);
    const nll = new Float32Array(batch.predicting.length);
    const top1 = new Int32Array(batch.predicting.length);
    for (let start = 0; start < nll.length; start += HEAD_ROWS) {
      const outputs = await this.heads.score.run(this.#headFeeds(x, batch, start));
      const count = Math.min(HEAD_ROWS, nll.length - start);
      nll.set(float32Of(outputs.nll).subarray(0, count), start);
      const best = outputs.top1!.data as BigInt64Array;
      for (let i = 0; i < count; i++) top1[start + i] = Number(best[i]);
    }
    return { nll, top1 };
  }

  /**
   * Adds the gradient of `weight * sum(nll)` over the batch to `parameters.gradient`.
   * @param weight 1 / (targets of the whole step): batches of one step then add up to the token-weighted mean
   * @returns the sum of nll, in nats
   */
  async accumulateGradient(
    batch: Batch,
    parameters: LoraParameters,
    weight: number,
    dropoutSeed: DropoutSeed,
  ): Promise<number> {
    const inputs: Float32Array[] = [];
    let x = this.#embed(batch);
    for (let block = 0; block < this.config.blockCount; block++) {
      inputs.push(x);
      x = await this.#forward(block, x, batch, parameters, dropoutSeed);
    }
    const { lossSum, gradient } = await this.#headGradient(x, batch, weight);
    let dy = gradient;
    for (let block = this.config.blockCount - 1; block >= 0; block--) {
      dy = await this.#backward(block, inputs.pop()!, dy, batch, parameters, dropoutSeed);
    }
    return lossSum;
  }

  #embed({ rows, sequenceLength }: Batch): Float32Array {
    const { hiddenSize } = this.config;
    const x = new Float32Array(rows.length * sequenceLength * hiddenSize);
    let at = 0;
    for (const row of rows) {
      for (const token of row.tokens) {
        x.set(this.weights.embedding.subarray(token * hiddenSize, (token + 1) * hiddenSize), at);
        at += hiddenSize;
      }
    }
    return x;
  }

  async #forward(
    block: number,
    x: Float32Array,
    batch: Batch,
    parameters: LoraParameters | null,
    dropoutSeed: DropoutSeed | null,
  ): Promise<Float32Array> {
    const feeds = this.#blockFeeds(block, x, batch, parameters, dropoutSeed);
    const session = (dropoutSeed && this.dropoutSession) || this.scoringSession;
    return float32Of((await session.run(feeds)).y);
  }

  async #backward(
    block: number,
    x: Float32Array,
    dy: Float32Array,
    batch: Batch,
    parameters: LoraParameters,
    dropoutSeed: DropoutSeed,
  ): Promise<Float32Array> {
    const feeds = this.#blockFeeds(block, x, batch, parameters, dropoutSeed);
    feeds.dy = hostTensor(dy, feeds.x!.dims);
    const outputs = await this.backwardSession!.run(feeds);
    for (const slot of parameters.slots) {
      if (slot.block !== block) continue;
      addTo(parameters.view(parameters.gradient, slot), float32Of(outputs[`d_${slot.name}`]));
    }
    return float32Of(outputs.dx);
  }

  #blockFeeds(
    block: number,
    x: Float32Array,
    batch: Batch,
    parameters: LoraParameters | null,
    dropoutSeed: DropoutSeed | null,
  ): Record<string, HostTensor> {
    const tokens = this.batch.rows * this.batch.sequenceLength;
    return {
      x: hostTensor(x, [tokens, this.config.hiddenSize]),
      positions: batch.positions,
      mask: batch.mask,
      ...this.weights.blocks[block],
      ...(this.adapter && parameters ? parameters.feeds(block) : {}),
      ...(dropoutSeed && this.dropoutSession ? this.#dropoutMasks(block, tokens, dropoutSeed) : {}),
    };
  }

  /** The masks of one block, made anew from their seed for the forward pass and again for its recomputation. */
  #dropoutMasks(block: number, tokens: number, seed: DropoutSeed): Record<string, HostTensor> {
    const { dropout, targetModules } = this.adapter!;
    const kept = 1 / (1 - dropout);
    const threshold = dropout * 2 ** 32;
    const masks: Record<string, HostTensor> = {};
    for (const [index, group] of targetedGroups(targetModules).entries()) {
      const random = seededRandom(...seed, block, index);
      const width = moduleShape(group[0]!, this.config)[1];
      const mask = new Float32Array(tokens * width);
      for (let i = 0; i < mask.length; i++) mask[i] = random.nextUint32() < threshold ? 0 : kept;
      masks[inputNames.dropout(group[0]!)] = hostTensor(mask, [tokens, width]);
    }
    return masks;
  }

  /** The head over the predicting positions only, in slices; positions that predict nothing keep a zero gradient. */
  async #headGradient(
    x: Float32Array,
    batch: Batch,
    weight: number,
  ): Promise<{ lossSum: number; gradient: Float32Array }> {
    const { hiddenSize } = this.config;
    const gradient = new Float32Array(x.length);
    let lossSum = 0;
    for (let start = 0; start < batch.predicting.length; start += HEAD_ROWS) {
      const outputs = await this.heads.gradient.run(this.#headFeeds(x, batch, start));
      const nll = float32Of(outputs.nll);
      const dx = float32Of(outputs.dx);
      const count = Math.min(HEAD_ROWS, batch.predicting.length - start);
      for (let i = 0; i < count; i++) {
        lossSum += nll[i]!;
        const to = batch.predicting[start + i]! * hiddenSize;
        for (let j = 0; j < hiddenSize; j++) gradient[to + j] = weight * dx[i * hiddenSize + j]!;
      }
    }
    return { lossSum, gradient };
  }

  #headFeeds(x: Float32Array, batch: Batch, start: number): Record<string, HostTensor> {
    const { hiddenSize } = this.config;
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
      norm: this.weights.outputNorm,
      table: this.weights.head,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { scoringSession, dropoutSession, backwardSession, heads } = this;
    const sessions = [scoringSession, dropoutSession, backwardSession, heads.gradient, heads.score];
    for (const session of sessions) await session?.[Symbol.asyncDispose]();
  }
}

function addTo(target: Float32Array, source: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += source[i]!;
}
