import { float32Of, type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { GraphSession, type SessionOptions } from '../../autodiff/session.js';
import { inputNames } from '../../transformer/decoder/block-inputs.js';
import type { FrozenWeights } from '../../transformer/decoder/frozen-weights.js';
import {
  firstTrainedBlock,
  type ModelGraphOptions,
  modelGradientGraph,
} from '../../transformer/decoder/model-graph.js';
import { type Batch, predictions, tokensOf } from '../batches/batch.js';
import { collectGarbage } from '../memory/collect-garbage.js';
import type { LoraParameters } from '../optimizer/lora-parameters.js';
import { collect, type TrainingWeights } from '../quantization/training-weights.js';
import { type DropoutSeeds, dropoutMasks } from './dropout.js';

/**
 * Computes LoRA gradients in one run of one graph. In 8 bits it holds its own packed copy of the weights, so the
 * caller may drop those it has given.
 */
export class ModelTrainer implements AsyncDisposable {
  private constructor(
    private readonly shape: ModelGraphOptions,
    private readonly frozen: FrozenWeights,
    /** Weights that are fed at every run, without a copy. */
    private readonly fed: Readonly<Record<string, HostTensor>>,
    private readonly session: GraphSession,
  ) {}

  static async create(
    weights: TrainingWeights,
    shape: ModelGraphOptions,
    options: SessionOptions,
  ): Promise<ModelTrainer> {
    const { frozen } = weights;
    const graph = modelGradientGraph(shape);
    const norm = { norm: frozen.outputNorm };
    const sessions = { ...options, asBuilt: true };
    if (shape.precision === 'int8') {
      const session = await GraphSession.create(graph, { ...sessions, fixed: namedWeights(weights, shape) });
      return new ModelTrainer(shape, frozen, norm, session);
    }
    // Packed float32 weights would be a second copy, four bytes a parameter, for a gain of a twentieth.
    const fed = Object.fromEntries(await collect(namedWeights(weights, shape)));
    const session = await GraphSession.create(graph, sessions);
    return new ModelTrainer(shape, frozen, { ...norm, ...fed }, session);
  }

  /**
   * Adds the gradient of `weight * sum(nll)` over the batch to `parameters.gradient`.
   * @param weight 1 / (targets of the whole step): batches of one step then add up to the token-weighted mean
   * @param dropoutSeeds of each row; without meaning where the adapter has no dropout
   * @returns the sum of nll, in nats
   */
  async accumulateGradient(
    batch: Batch,
    parameters: LoraParameters,
    weight: number,
    dropoutSeeds: DropoutSeeds,
  ): Promise<number> {
    const loss = await this.#accumulate(batch, parameters, weight, dropoutSeeds);
    // Otherwise the results of this run would still be in memory when those of the next one come.
    collectGarbage({ young: true });
    return loss;
  }

  async #accumulate(
    batch: Batch,
    parameters: LoraParameters,
    weight: number,
    dropoutSeeds: DropoutSeeds,
  ): Promise<number> {
    const { blockCount, hiddenSize } = this.shape.config;
    const tokens = this.shape.batch.rows * this.shape.batch.sequenceLength;
    const labels = new BigInt64Array(tokens);
    const weights = new Float32Array(tokens);
    for (const [position, label] of predictions(batch)) {
      labels[position] = BigInt(label);
      weights[position] = weight;
    }
    const feeds: Record<string, HostTensor> = {
      ...this.fed,
      x: hostTensor(await this.frozen.embed(tokensOf(batch)), [tokens, hiddenSize]),
      positions: batch.positions,
      mask: batch.mask,
      labels: hostTensor(labels, [tokens]),
      weights: hostTensor(weights, [tokens, 1]),
    };
    for (let index = 0; index < blockCount; index++) {
      const masks = dropoutMasks(this.shape, index, dropoutSeeds);
      Object.assign(feeds, behind(inputNames.block(index), { ...parameters.feeds(index), ...masks }));
    }
    const outputs = await this.session.run(feeds);
    for (const slot of parameters.slots) {
      if (slot.block < firstTrainedBlock(this.shape)) continue;
      parameters.addGradient(slot, float32Of(outputs[`d_${inputNames.block(slot.block)}${slot.name}`]));
    }
    return float32Of(outputs.nll).reduce(
      (sum, nll, position) => (weights[position] === 0 ? sum : sum + nll),
      0,
    );
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
  { head, blocks }: TrainingWeights,
  { singleCopy = false }: ModelGraphOptions,
): AsyncGenerator<[string, HostTensor]> {
  yield* Object.entries(await head());
  let index = 0;
  for await (const feeds of blocks(singleCopy))
    yield* Object.entries(behind(inputNames.block(index++), feeds));
}
