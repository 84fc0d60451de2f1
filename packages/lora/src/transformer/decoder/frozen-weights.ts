import { type HostTensor, hostTensor } from '../../autodiff/host-tensor.js';
import { LoraError } from '../../errors.js';
import { elementCount } from '../../weights/element-count.js';
import type { WeightFormat, WeightSource } from '../../weights/weight-source.js';
import type { BaseWeights } from '../base-model.js';
import {
  type BlockWeight,
  blockTensorName,
  blockTensorStem,
  fileMatrices,
  moduleName,
  moduleShape,
  type TensorNames,
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

/** Tensors of a model that belong to no block. A model without a head of its own has the embedding in its place. */
const TOP_LEVEL_NAMES: Readonly<Record<WeightFormat, Record<'embedding' | 'norm' | 'head', string>>> = {
  gguf: { embedding: 'token_embd.weight', norm: 'output_norm.weight', head: 'output.weight' },
  safetensors: {
    embedding: 'model.embed_tokens.weight',
    norm: 'model.norm.weight',
    head: 'lm_head.weight',
  },
};

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

/** Tensors outside the blocks that are either read elsewhere or not needed at all. */
const OTHER_TENSORS = ['rope_freqs.weight'];

function checkWeights(config: TransformerConfig, weights: WeightSource): void {
  const { format } = weights;
  const names = TOP_LEVEL_NAMES[format];
  const { vocabularySize, hiddenSize } = config;
  const expected: [string, number[]][] = [
    [names.embedding, [vocabularySize, hiddenSize]],
    [names.norm, [hiddenSize]],
  ];
  if (weights.tensors.has(names.head)) expected.push([names.head, [vocabularySize, hiddenSize]]);
  for (let block = 0; block < config.blockCount; block++) {
    for (const module of fileMatrices(config).keys()) {
      expected.push([`${blockTensorStem(format, block, module)}.weight`, moduleShape(module, config)]);
    }
    for (const [weight, found] of vectorNames(config))
      expected.push([blockTensorName(format, block, found[format]), [vectorSize(weight, config)]]);
  }
  const known = new Set([...expected.map(([name]) => name), ...OTHER_TENSORS]);
  const unknown = [...weights.tensors.keys()].filter((name) => !known.has(name));
  const problems = expected.flatMap(([name, shape]) => {
    const found = weights.tensors.get(name);
    if (!found) return [`${name} is missing`];
    return `${found.shape}` === `${shape}` ? [] : [`${name} is [${found.shape}], not [${shape}]`];
  });
  problems.push(
    ...unknown.map((name) => `${printable(name)} is not part of the architecture ${config.architecture}`),
  );
  if (problems.length === 0) return;
  throw new LoraError(
    'transformer.missing-weights',
    `The weights in ${weights.path} do not fit their description: ${problems.slice(0, 5).join('; ')}.`,
    { remedy: 'Fetch the model file again, or choose another base model.', details: { problems } },
  );
}

function printable(name: string): string {
  return name.slice(0, 120).replaceAll(/\p{Cc}/gu, '?');
}
