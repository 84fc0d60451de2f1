import { type HostTensor, hostTensor } from '../autodiff/session.js';
import { LoraError } from '../errors.js';
import type { WeightSource } from '../weights/weight-source.js';
import type { TransformerConfig } from './architecture.js';
import type { BaseWeights } from './base-model.js';
import { BLOCK_WEIGHT_NAMES, type BlockWeight, blockWeightShape } from './modules.js';

/** The frozen weights of a base model in memory, float32, as the graphs take them. */
export interface FrozenWeights {
  /** Per block, by name of the graph's input. */
  blocks: Record<BlockWeight, HostTensor>[];
  /** [vocabulary, hidden]: rows are looked up for the input. */
  embedding: Float32Array;
  /** [vocabulary, hidden]: the output's table; the embedding itself where the model ties them. */
  head: HostTensor;
  /** [hidden] */
  outputNorm: HostTensor;
}

const TOP_LEVEL_NAMES = {
  gguf: { embedding: 'token_embd.weight', norm: 'output_norm.weight', head: 'output.weight' },
  safetensors: { embedding: 'model.embed_tokens.weight', norm: 'model.norm.weight', head: 'lm_head.weight' },
};

/**
 * Reads and dequantises every weight of the base model: 4 bytes a parameter.
 * @param onProgress called with the share done, 0 to 1
 * @throws LoraError `transformer.missing-weights` listing all that is missing or of another shape; `weights.*`
 */
export async function loadFrozenWeights(
  base: BaseWeights,
  onProgress?: (share: number) => void,
): Promise<FrozenWeights> {
  const { config, weights } = base;
  const names = TOP_LEVEL_NAMES[weights.format];
  checkWeights(config, weights);

  const blocks: FrozenWeights['blocks'] = [];
  for (let block = 0; block < config.blockCount; block++) {
    const entries: [string, HostTensor][] = [];
    for (const weight of Object.keys(BLOCK_WEIGHT_NAMES) as BlockWeight[]) {
      const values = await weights.readFloat32(blockTensorName(weights, block, weight));
      entries.push([weight, hostTensor(values, blockWeightShape(weight, config))]);
    }
    blocks.push(Object.fromEntries(entries) as Record<BlockWeight, HostTensor>);
    onProgress?.((block + 1) / (config.blockCount + 1));
  }
  const tableShape = [config.vocabularySize, config.hiddenSize];
  const embedding = await weights.readFloat32(names.embedding);
  const head = weights.tensors.has(names.head) ? await weights.readFloat32(names.head) : embedding;
  onProgress?.(1);
  return {
    blocks,
    embedding,
    head: hostTensor(head, tableShape),
    outputNorm: hostTensor(await weights.readFloat32(names.norm), [config.hiddenSize]),
  };
}

function blockTensorName(weights: WeightSource, block: number, weight: BlockWeight): string {
  const { gguf, huggingFace } = BLOCK_WEIGHT_NAMES[weight];
  return weights.format === 'gguf'
    ? `blk.${block}.${gguf}.weight`
    : `model.layers.${block}.${huggingFace}.weight`;
}

function checkWeights(config: TransformerConfig, weights: WeightSource): void {
  const names = TOP_LEVEL_NAMES[weights.format];
  const expected: [string, number[]][] = [
    [names.embedding, [config.vocabularySize, config.hiddenSize]],
    [names.norm, [config.hiddenSize]],
  ];
  for (let block = 0; block < config.blockCount; block++) {
    for (const weight of Object.keys(BLOCK_WEIGHT_NAMES) as BlockWeight[]) {
      expected.push([blockTensorName(weights, block, weight), blockWeightShape(weight, config)]);
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
