import { elementCount } from '../../autodiff/graph.js';
import { float32Of, type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { LoraError } from '../../errors.js';
import type { WeightSource } from '../../weights/weight-source.js';
import type { BaseWeights } from '../base-model.js';
import { ARCHITECTURES, blockTensorStem, modelTensorName } from '../config/architectures.js';
import { type BlockWeight, blockWeightShape } from '../config/modules.js';
import type { TransformerConfig } from '../config/transformer-config.js';

/** What a block's graph is fed for its frozen weights, by name of the graph's input. */
export type BlockFeeds = Readonly<Record<string, HostTensor>>;

/** The frozen weights of a base model, float32, as the graphs take them. */
export interface FrozenWeights {
  /**
   * The weights of a block, read from the file and dequantised when asked for (some 10 ms): only one block is in
   * memory, and it is overwritten by the next call.
   */
  block(index: number): Promise<BlockFeeds>;
  /** The embedding's rows for these tokens, float32 [tokens, hidden], read from the file. */
  embed(tokens: Int32Array): Promise<Float32Array>;
  /**
   * The output's table (the embedding itself where the model ties them), float32 [vocabulary,
   * hidden], read from the file.
   */
  readHead(): Promise<HostTensor>;
  /** Some entries of it, [count, hidden]. */
  readHeadRows(start: number, count: number): Promise<HostTensor>;
  /** [hidden] */
  outputNorm: HostTensor;
}

/**
 * Checks that all weights are there and makes them available a part at a time: none but the output's norm is kept.
 * @throws LoraError `transformer.missing-weights` listing all that is missing or of another shape; `weights.*`
 */
export async function loadFrozenWeights(base: BaseWeights): Promise<FrozenWeights> {
  const { config, weights } = base;
  checkWeights(config, weights);
  const embedding = modelTensorName(config, weights.format, 'embedding');
  const ownHead = modelTensorName(config, weights.format, 'head');
  const head = weights.tensors.has(ownHead) ? ownHead : embedding;
  const buffers = emptyBlock(config);
  return {
    async block(index) {
      await readBlock(base, index, buffers);
      return buffers;
    },
    embed: (tokens) => weights.readRowsFloat32(embedding, tokens),
    readHead: async () =>
      hostTensor(await weights.readFloat32(head), [config.vocabularySize, config.hiddenSize]),
    readHeadRows: async (start, count) => {
      const rows = Int32Array.from({ length: count }, (_, i) => start + i);
      return hostTensor(await weights.readRowsFloat32(head, rows), [count, config.hiddenSize]);
    },
    outputNorm: hostTensor(await weights.readFloat32(modelTensorName(config, weights.format, 'norm')), [
      config.hiddenSize,
    ]),
  };
}

/** Every block in memory of its own, 4 bytes a parameter. */
export async function* loadAllBlocks(base: BaseWeights): AsyncGenerator<BlockFeeds> {
  for (let index = 0; index < base.config.blockCount; index++) {
    const block = emptyBlock(base.config);
    await readBlock(base, index, block);
    yield block;
  }
}

function emptyBlock(config: TransformerConfig): Record<BlockWeight, HostTensor> {
  const entries = blockWeights(config).map((weight) => {
    const shape = blockWeightShape(weight, config);
    return [weight, hostTensor(new Float32Array(elementCount(shape)), shape)];
  });
  return Object.fromEntries(entries) as Record<BlockWeight, HostTensor>;
}

async function readBlock(
  { config, weights }: BaseWeights,
  index: number,
  into: Record<BlockWeight, HostTensor>,
): Promise<void> {
  for (const weight of blockWeights(config)) {
    const name = `${blockTensorStem(config, weights.format, index, weight)}.weight`;
    await weights.readFloat32(name, float32Of(into[weight]));
  }
}

/** The frozen tensors that a block of this architecture has. */
function blockWeights({ architecture }: TransformerConfig): BlockWeight[] {
  return Object.keys(ARCHITECTURES[architecture].blockTensors) as BlockWeight[];
}

function checkWeights(config: TransformerConfig, weights: WeightSource): void {
  const { format } = weights;
  const expected: [string, number[]][] = [
    [modelTensorName(config, format, 'embedding'), [config.vocabularySize, config.hiddenSize]],
    [modelTensorName(config, format, 'norm'), [config.hiddenSize]],
  ];
  for (let block = 0; block < config.blockCount; block++) {
    for (const weight of blockWeights(config)) {
      const name = `${blockTensorStem(config, format, block, weight)}.weight`;
      expected.push([name, blockWeightShape(weight, config)]);
    }
  }
  const problems = expected.flatMap(([name, shape]) => {
    const found = weights.tensors.get(name);
    if (!found) return [`${name} is missing`];
    return `${found.shape}` === `${shape}` ? [] : [`${name} is [${found.shape}], not [${shape}]`];
  });
  if (weights.tensors.has('rope_freqs.weight'))
    problems.push('rope_freqs.weight (scaled rotary angles) is not supported');
  if (problems.length === 0) return;
  throw new LoraError(
    'transformer.missing-weights',
    `The weights in ${weights.path} do not fit their description: ${problems.slice(0, 5).join('; ')}.`,
    { remedy: 'Fetch the model file again, or choose another base model.', details: { problems } },
  );
}
