import {
  float32Of,
  GraphSession,
  type HostTensor,
  hostTensor,
  type SessionOptions,
} from '../autodiff/session.js';
import type { AdapterConfig } from '../transformer/adapter-config.js';
import type { TransformerConfig } from '../transformer/architecture.js';
import { inputNames, type Precision } from '../transformer/block-inputs.js';
import type { BlockFeeds } from '../transformer/frozen-weights.js';
import type { BatchShape } from '../transformer/llama-block.js';
import { modelGradientGraph } from '../transformer/model-graph.js';
import { type Batch, embedTokens } from './batch.js';
import { collectGarbage } from './collect-garbage.js';
import type { GradientTrainer } from './gradient-trainer.js';
import type { LoraParameters } from './lora-parameters.js';
import { collect, type TrainingWeights } from './training-weights.js';

/**
 * Computes LoRA gradients in one run of one graph: the fastest way. It holds the products of every block between the passes, and 8-bit
 * weights of its own, packed for the products; the given ones can go.
 */
export class ModelTrainer implements GradientTrainer {
  private constructor(
    private readonly config: TransformerConfig,
    private readonly shape: BatchShape,
    private readonly embedding: Float32Array,
    /** Weights that are fed at every run, without a copy. */
    private readonly fed: Readonly<Record<string, HostTensor>>,
    private readonly session: GraphSession,
  ) {}

  /** @param adapter without dropout */
  static async create(
    config: TransformerConfig,
    { frozen, blocks, head }: TrainingWeights,
    shape: BatchShape,
    adapter: AdapterConfig,
    precision: Precision,
    options: SessionOptions,
  ): Promise<ModelTrainer> {
    const graph = modelGradientGraph({ config, batch: shape, adapter, precision });
    const tables = { norm: frozen.outputNorm, table: frozen.head };
    const sessions = { ...options, asBuilt: true };
    if (precision === 'int8') {
      const session = await GraphSession.create(graph, {
        ...sessions,
        fixed: namedWeights(blocks(), head()),
      });
      return new ModelTrainer(config, shape, frozen.embedding, tables, session);
    }
    // Packed float32 weights would be a second copy, four bytes a parameter, for a gain of a twentieth.
    const fed = Object.fromEntries(await collect(namedWeights(blocks(), head())));
    const session = await GraphSession.create(graph, sessions);
    return new ModelTrainer(config, shape, frozen.embedding, { ...tables, ...fed }, session);
  }

  async accumulateGradient(batch: Batch, parameters: LoraParameters, weight: number): Promise<number> {
    const loss = await this.#accumulate(batch, parameters, weight);
    // The results of the next run would come on top of those of this one.
    collectGarbage({ young: true });
    return loss;
  }

  async #accumulate(batch: Batch, parameters: LoraParameters, weight: number): Promise<number> {
    const { blockCount, hiddenSize } = this.config;
    const tokens = this.shape.rows * this.shape.sequenceLength;
    const labels = new BigInt64Array(tokens);
    const weights = new Float32Array(tokens);
    for (const [i, position] of batch.predicting.entries()) {
      labels[position] = BigInt(batch.labels[i]!);
      weights[position] = weight;
    }
    const feeds: Record<string, HostTensor> = {
      ...this.fed,
      x: hostTensor(embedTokens(batch, this.embedding, hiddenSize), [tokens, hiddenSize]),
      positions: batch.positions,
      mask: batch.mask,
      labels: hostTensor(labels, [tokens]),
      weights: hostTensor(weights, [tokens, 1]),
    };
    for (let index = 0; index < blockCount; index++)
      Object.assign(feeds, behind(inputNames.block(index), parameters.feeds(index)));
    const outputs = await this.session.run(feeds);
    for (const slot of parameters.slots) {
      parameters.addGradient(slot, float32Of(outputs[`d_${inputNames.block(slot.block)}${slot.name}`]));
    }
    const nll = float32Of(outputs.nll);
    return batch.predicting.reduce((sum, position) => sum + nll[position]!, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

function behind(prefix: string, feeds: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [`${prefix}${name}`, tensor]));
}

/** Weights as the graph of a whole model names them. */
async function* namedWeights(
  blocks: AsyncIterable<BlockFeeds>,
  head: BlockFeeds,
): AsyncGenerator<[string, HostTensor]> {
  yield* Object.entries(head);
  let index = 0;
  for await (const feeds of blocks) yield* Object.entries(behind(inputNames.block(index++), feeds));
}
