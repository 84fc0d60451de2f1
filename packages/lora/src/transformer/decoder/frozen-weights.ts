import { type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { elementCount } from '../../weights/element-count.js';
import type { WeightFormat } from '../../weights/weight-source.js';
import type { BaseWeights } from '../base-model.js';
import { checkWeights } from '../config/check-weights.js';
import {
  type BlockWeight,
  blockTensorName,
  fileMatrices,
  moduleName,
  moduleShape,
  type TensorNames,
  TOP_LEVEL_NAMES,
  vectorNames,
  vectorSize,
} from '../config/modules.js';
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
  const names = TOP_LEVEL_NAMES[weights.format];
  const head = weights.tensors.has(names.head) ? names.head : names.embedding;
  const buffers = emptyBlock(config);
  const { embeddingScale, normOffset, logitScale } = config;
  const outputNorm = await weights.readFloat32(names.norm);
  // Dividing the logits is the same as making the state before the head smaller, so the norm takes the scale.
  for (const [i, value] of outputNorm.entries()) outputNorm[i] = (value + normOffset) / logitScale;
  return {
    async block(index) {
      await readBlock(base, index, buffers);
      return buffers.feeds;
    },
    embed: async (tokens) => {
      const rows = await weights.readRowsFloat32(names.embedding, tokens);
      return embeddingScale === 1 ? rows : rows.map((value) => value * embeddingScale);
    },
    readHead: async () =>
      hostTensor(await weights.readFloat32(head), [config.vocabularySize, config.hiddenSize]),
    readHeadRows: async (start, count) => {
      const rows = Int32Array.from({ length: count }, (_, i) => start + i);
      return hostTensor(await weights.readRowsFloat32(head, rows), [count, config.hiddenSize]);
    },
    outputNorm: hostTensor(outputNorm, [config.hiddenSize]),
  };
}

/** Every block in memory of its own, 4 bytes a parameter. */
export async function* loadAllBlocks(base: BaseWeights): AsyncGenerator<BlockFeeds> {
  for (let index = 0; index < base.config.blockCount; index++) {
    const block = emptyBlock(base.config);
    await readBlock(base, index, block);
    yield block.feeds;
  }
}

/** Memory for one block: what graphs are fed, and the same memory as the file's tensors fill it. */
interface BlockBuffers {
  feeds: Record<string, HostTensor>;
  /** By the tensors' names. */
  tensors: { names: TensorNames; values: Float32Array; isNorm: boolean }[];
}

function emptyBlock(config: TransformerConfig): BlockBuffers {
  const buffers: BlockBuffers = { feeds: {}, tensors: [] };
  for (const [module, parts] of fileMatrices(config)) {
    const values = new Float32Array(elementCount(moduleShape(module, config)));
    const name = (format: WeightFormat) => `${moduleName(format, module)}.weight`;
    const names = { gguf: name('gguf'), safetensors: name('safetensors') };
    buffers.tensors.push({ names, values, isNorm: false });
    // Where a file holds several matrices as one, each is a part of its rows.
    let at = 0;
    for (const part of parts) {
      const shape = moduleShape(part, config);
      const size = elementCount(shape);
      buffers.feeds[part] = hostTensor(values.subarray(at, at + size), shape);
      at += size;
    }
  }
  for (const [weight, names] of vectorNames(config)) {
    const size = vectorSize(weight, config);
    const values = new Float32Array(size);
    buffers.tensors.push({ names, values, isNorm: isNorm(weight) });
    buffers.feeds[weight] = hostTensor(values, [size]);
  }
  return buffers;
}

function isNorm(weight: BlockWeight): boolean {
  return weight.endsWith('norm');
}

async function readBlock({ weights, config }: BaseWeights, index: number, { tensors }: BlockBuffers) {
  for (const { names, values, isNorm: norm } of tensors) {
    await weights.readFloat32(blockTensorName(weights.format, index, names[weights.format]), values);
    if (norm && config.normOffset !== 0)
      for (let i = 0; i < values.length; i++) values[i]! += config.normOffset;
  }
}
