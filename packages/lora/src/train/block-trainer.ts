import {
  float32Of,
  GraphSession,
  type HostTensor,
  hostTensor,
  type SessionOptions,
} from '../autodiff/session.js';
import type { AdapterConfig } from '../transformer/adapter-config.js';
import type { TransformerConfig } from '../transformer/architecture.js';
import { blockBackwardGraph, blockForwardGraph } from '../transformer/block-graphs.js';
import { inputNames, type Precision, targetedGroups } from '../transformer/block-inputs.js';
import type { BlockFeeds, FrozenWeights } from '../transformer/frozen-weights.js';
import { HEAD_ROWS, headGraph } from '../transformer/language-model-head.js';
import type { BatchShape } from '../transformer/llama-block.js';
import { moduleShape } from '../transformer/modules.js';
import { type Batch, embedTokens } from './batch.js';
import type { DropoutSeeds, GradientTrainer } from './gradient-trainer.js';
import type { LoraParameters } from './lora-parameters.js';
import { seededRandom } from './random.js';
import { headFeeds } from './scorer.js';
import { collect, type TrainingWeights } from './training-weights.js';

/**
 * Computes LoRA gradients block by block with ONE forward and ONE backward session: every block's weights are fed as
 * inputs. Between the passes only a block's input is kept: the way that needs the least memory.
 */
export class BlockTrainer implements GradientTrainer {
  private constructor(
    private readonly config: TransformerConfig,
    readonly shape: BatchShape,
    private readonly frozen: FrozenWeights,
    private readonly blocks: readonly BlockFeeds[],
    private readonly head: BlockFeeds,
    private readonly adapter: AdapterConfig,
    private readonly forwardSession: GraphSession,
    private readonly backwardSession: GraphSession,
    private readonly headSession: GraphSession,
  ) {}

  static async create(
    config: TransformerConfig,
    { frozen, blocks, head }: TrainingWeights,
    shape: BatchShape,
    adapter: AdapterConfig,
    precision: Precision,
    options: SessionOptions,
  ): Promise<BlockTrainer> {
    const graph = { config, batch: shape, adapter, precision };
    return new BlockTrainer(
      config,
      shape,
      frozen,
      await collect(blocks()),
      head(),
      adapter,
      await GraphSession.create(blockForwardGraph(graph), options),
      await GraphSession.create(blockBackwardGraph(graph), options),
      await GraphSession.create(headGraph(config, HEAD_ROWS, 'gradient', precision), options),
    );
  }

  async accumulateGradient(
    batch: Batch,
    parameters: LoraParameters,
    weight: number,
    dropoutSeeds: DropoutSeeds,
  ): Promise<number> {
    const states: Float32Array[] = [];
    let x = embedTokens(batch, this.frozen.embedding, this.config.hiddenSize);
    for (let block = 0; block < this.config.blockCount; block++) {
      const feeds = this.#blockFeeds(block, x, batch, parameters, dropoutSeeds);
      states.push(x);
      x = float32Of((await this.forwardSession.run(feeds)).y);
    }
    const { lossSum, gradient } = await this.#headGradient(x, batch, weight);
    let dy = gradient;
    for (let block = this.config.blockCount - 1; block >= 0; block--) {
      dy = await this.#backward(block, states.pop()!, dy, batch, parameters, dropoutSeeds);
    }
    return lossSum;
  }

  async #backward(
    block: number,
    x: Float32Array,
    dy: Float32Array,
    batch: Batch,
    parameters: LoraParameters,
    dropoutSeeds: DropoutSeeds,
  ): Promise<Float32Array> {
    const feeds = this.#blockFeeds(block, x, batch, parameters, dropoutSeeds);
    const outputs = await this.backwardSession.run({ ...feeds, dy: hostTensor(dy, feeds.x!.dims) });
    for (const slot of parameters.slots) {
      if (slot.block !== block) continue;
      parameters.addGradient(slot, float32Of(outputs[`d_${slot.name}`]));
    }
    return float32Of(outputs.dx);
  }

  #blockFeeds(
    block: number,
    x: Float32Array,
    batch: Batch,
    parameters: LoraParameters,
    dropoutSeeds: DropoutSeeds,
  ): Record<string, HostTensor> {
    const tokens = this.shape.rows * this.shape.sequenceLength;
    return {
      x: hostTensor(x, [tokens, this.config.hiddenSize]),
      positions: batch.positions,
      mask: batch.mask,
      ...this.blocks[block],
      ...parameters.feeds(block),
      ...(this.adapter.dropout > 0 ? this.#dropoutMasks(block, dropoutSeeds) : {}),
    };
  }

  /** The masks of one block, made from their seeds for the forward pass and again for the backward pass. */
  #dropoutMasks(block: number, seeds: DropoutSeeds): Record<string, HostTensor> {
    const { dropout, targetModules } = this.adapter;
    const kept = 1 / (1 - dropout);
    const threshold = dropout * 2 ** 32;
    const masks: Record<string, HostTensor> = {};
    for (const [index, group] of targetedGroups(targetModules).entries()) {
      const width = moduleShape(group[0]!, this.config)[1];
      const rowSize = this.shape.sequenceLength * width;
      const mask = new Float32Array(seeds.length * rowSize);
      for (const [row, seed] of seeds.entries()) {
        const random = seededRandom(...seed, block, index);
        for (let i = row * rowSize; i < (row + 1) * rowSize; i++)
          mask[i] = random.nextUint32() < threshold ? 0 : kept;
      }
      masks[inputNames.dropout(group[0]!)] = hostTensor(mask, [
        seeds.length * this.shape.sequenceLength,
        width,
      ]);
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
      const feeds = headFeeds(x, batch, start, this.frozen, hiddenSize);
      const outputs = await this.headSession.run({ ...feeds, ...this.head });
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

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of [this.forwardSession, this.backwardSession, this.headSession]) {
      await session[Symbol.asyncDispose]();
    }
  }
}
